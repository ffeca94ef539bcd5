// What goes into commands and what comes out of them.

/** One word of a command. Numbers and bigints are sent as their decimal text. */
export type Value = string | number | bigint | Uint8Array;

/**
 * Something that becomes any number of words: arrays are spread, objects become name and value for each
 * entry (`{ EX: 10, NX: true }` becomes `EX 10 NX`); `undefined` and `false` become nothing.
 */
export type Argument =
  | Value
  | boolean
  | undefined
  | readonly Argument[]
  | { readonly [name: string]: Value | boolean | undefined | readonly Value[] };

/** At most one of the members of `T`. */
export type Choice<T> = {
  [Name in keyof T]: { [Chosen in Name]?: T[Name] } & { [Other in Exclude<keyof T, Name>]?: never };
}[keyof T];

/** A reply as JavaScript has it. Integers that a number cannot hold exactly are bigints. */
export type Reply =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | HylaError
  | Reply[]
  | Set<Reply>
  | Map<Reply, Reply>
  | { [name: string]: Reply };

/** An error that a command answered. */
export class HylaError extends Error {
  override readonly name = 'HylaError';

  /** The first word of the message: `ERR`, `WRONGTYPE`, … */
  get code(): string {
    return this.message.split(' ', 1)[0] ?? '';
  }
}

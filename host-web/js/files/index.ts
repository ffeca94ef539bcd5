// What the engine asks of files, and the choice of a place that keeps them. The contract is that of the engine's
// boundary: a list of operations runs in order, and its failure names the operation.

import type { IndexedDbFiles } from './indexeddb.js';

/** One operation. Paths are relative, with `/` between their parts. */
export type FileOp =
  /** Makes a directory, unless it is there. */
  | { op: 'makedir'; path: string }
  /** Makes an empty file, or empties the one that is there. */
  | { op: 'create'; path: string }
  /** Puts bytes behind a file's end; a file that is not there is made. */
  | { op: 'append'; path: string; bytes: Uint8Array }
  /** Makes a file's content survive a crash. */
  | { op: 'sync'; path: string }
  /** Gives a file another name, in the place of the one that has it. */
  | { op: 'rename'; path: string; to: string }
  /** Removes a file, if it is there. */
  | { op: 'remove'; path: string }
  /** Cuts a file off behind its first `size` bytes. */
  | { op: 'truncate'; path: string; size: number }
  /** Makes what was made, renamed and removed in a directory survive a crash. */
  | { op: 'syncdir'; path: string }
  /** The names of a directory's files. Answers; with none where there is no such directory. */
  | { op: 'list'; path: string }
  /** A file's bytes. Answers; with `undefined` where there is no such file. */
  | { op: 'size'; path: string }
  /** A piece of a file, shorter only at its end. Answers. */
  | { op: 'read'; path: string; from: number; size: number };

/** What an operation that reads gives. */
export type Answer = Uint8Array<ArrayBuffer> | number | undefined | string[];

/** Why a list was not run to its end. */
export class FileFailure extends Error {
  override readonly name = 'FileFailure';

  /**
   * @param at the place of the failed operation in its list
   * @param kind failures that make a difference to the engine
   */
  constructor(
    readonly at: number,
    readonly kind: 'missing' | 'full' | 'other',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A place that keeps files: IndexedDB, a directory, or one of your own. */
export interface Files {
  /** What is written is gone with the engine: nothing has to be waited for. */
  readonly volatile?: boolean;
  /** Runs a list of operations; the answers of those that read, in order. Rejects with a `FileFailure`. */
  run(ops: readonly FileOp[]): Promise<Answer[]>;
  /** Lets go of whatever is open. Nothing runs any more. */
  close(): Promise<void>;
}

/** Opens the place of that name: in a page an IndexedDB database, elsewhere a directory. */
export async function openFiles(name: string): Promise<Files> {
  if (typeof indexedDB !== 'undefined') {
    const { IndexedDbFiles } = await import('./indexeddb.js');
    return IndexedDbFiles.open(name);
  }
  const { DirectoryFiles } = await import('./directory.js');
  return DirectoryFiles.open(name);
}

export type { IndexedDbFiles };

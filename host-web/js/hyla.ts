// The package's main class: commands as methods, pipelines, byte connections.

import { Connection } from './connection.js';
import { Core, type WasmInput } from './core.js';
import { exportRdb, importRdb } from './dump.js';
import { openFiles, type Files } from './files/index.js';
import { methods, type Commands } from './generated/methods.js';
import { Reader, decode, encode, join, type DecodeOptions } from './resp.js';
import { HylaError, type Argument, type Reply } from './types.js';

/** How an engine is made. */
export interface Options extends DecodeOptions {
  /** Seeds hashing and random commands; entropy unless given. Fix it in tests only. */
  seed?: bigint;
  /** The wasm module, where it is not to be loaded from beside the package's own files. */
  wasm?: WasmInput;
  /**
   * Where the data is kept: the name of an IndexedDB database in a page, a directory elsewhere, or a place of your own.
   * Without it the data is gone with the page.
   */
  store?: string | Files;
  /**
   * When a change is durable: before it is answered (`always`), within about a second (`everysec`, the default), or
   * when the system sees fit (`no`).
   */
  appendfsync?: 'always' | 'everysec' | 'no';
  /** Takes lines for a log; warnings go to the console unless given. */
  log?: (line: string, warning: boolean) => void;
}

interface Waiting {
  options: DecodeOptions;
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
}

/** The connection that commands go through, and the replies that they wait for. */
class Session {
  readonly core: Core;
  readonly #connection: Connection;
  readonly #reader = new Reader();
  readonly #waiting: Waiting[] = [];
  onpush: ((message: Reply[]) => void) | null = null;

  constructor(core: Core) {
    this.core = core;
    this.#connection = new Connection(core);
    this.#connection.ondata = (bytes) => this.#data(bytes);
    this.#connection.onend = (reason) => this.#end(reason ?? new Error('the connection is closed'));
  }

  /** Sends requests that are already bytes; one promise for each. */
  send(requests: readonly Uint8Array[], options: DecodeOptions): Promise<Reply>[] {
    const replies = requests.map(
      () => new Promise<Reply>((resolve, reject) => this.#waiting.push({ options, resolve, reject })),
    );
    this.core.await(requests.length);
    try {
      this.#connection.write(requests.length === 1 && requests[0] ? requests[0] : join(requests));
    } catch (error) {
      this.#end(error as Error);
    }
    return replies;
  }

  /** Closes the connection. */
  close(): void {
    this.#connection.close();
  }

  #data(bytes: Uint8Array): void {
    this.#reader.push(bytes);
    for (let node = this.#reader.next(); node; node = this.#reader.next()) {
      if (node.type === 'push') {
        this.onpush?.(decode(node) as Reply[]);
        continue;
      }
      const waiting = this.#waiting.shift();
      if (!waiting) continue;
      this.core.await(-1);
      const reply = decode(node, waiting.options);
      if (reply instanceof HylaError) waiting.reject(reply);
      else waiting.resolve(reply);
    }
  }

  #end(reason: Error): void {
    this.core.await(-this.#waiting.length);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(reason);
  }
}

// The methods are put on the prototypes below, from the same table as their types.
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface Client extends Commands {}

/** Commands of one engine, with one way to read replies. */
export class Client {
  /** @internal */
  protected readonly session: Session;
  readonly #options: DecodeOptions;

  /** @internal Use `Hyla.create`. */
  constructor(session: Session, options: DecodeOptions) {
    this.session = session;
    this.#options = options;
  }

  /** Runs any command. An error reply rejects with a `HylaError`. */
  async command<T = Reply>(name: string, ...args: Argument[]): Promise<T> {
    const [reply] = this.session.send([encode([name, ...args])], this.#options);
    return reply as Promise<T>;
  }

  /** Collects commands, to send them at once with `run`. */
  pipeline(): Pipeline {
    return new PipelineBuilder((requests) => this.session.send(requests, this.#options)) as unknown as Pipeline;
  }

  /** The same engine and connection, with strings as `Uint8Array`. */
  get bytes(): Client {
    return new Client(this.session, { ...this.#options, strings: 'bytes' });
  }
}

/** A Redis-compatible engine in this page or process. */
export class Hyla extends Client {
  /** Loads the engine (once, however often this is called) and makes an empty database. */
  static async create(options: Options = {}): Promise<Hyla> {
    const { seed, wasm, store, appendfsync = 'everysec', log, ...decoding } = options;
    const files = typeof store === 'string' ? await openFiles(store) : store;
    const settings = ['save', ''];
    if (files) settings.push('appendonly', 'yes', 'appendfsync', appendfsync);
    const optional = { ...(seed !== undefined && { seed }), ...(wasm && { wasm }), ...(files && { files }) };
    let core: Core;
    try {
      core = await Core.create({ settings, ...optional, ...(log && { note: log }) });
    } catch (error) {
      await files?.close();
      throw error;
    }
    const session = new Session(core);
    // RESP3, so that maps, sets and doubles arrive as such.
    const [hello] = session.send([encode(['HELLO', 3])], {});
    await hello?.catch((error: unknown) => {
      if (!(error instanceof HylaError)) throw error;
    });
    return new Hyla(session, decoding);
  }

  /** Another connection, in bytes, with its own database number, protocol and subscriptions. */
  connect(): Connection {
    return new Connection(this.session.core);
  }

  /** All data as an RDB file, which redis-server and others load: `dump.rdb`. */
  exportRdb(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#aside((run) => exportRdb(this.session.core, run));
  }

  /**
   * Replaces all data with that of an RDB file of Redis 5 to 7.4 or Valkey 8. Rejects, and changes nothing, if the file
   * cannot be read. Await it before writing on: in a store it is durable then.
   */
  importRdb(bytes: Uint8Array): Promise<void> {
    return this.#aside((run) => importRdb(this.session.core, run, bytes));
  }

  /** Does something on a connection that is in no transaction. */
  async #aside<T>(work: (run: (name: string, ...args: string[]) => Promise<Reply>) => Promise<T>): Promise<T> {
    const session = new Session(this.session.core);
    try {
      return await work(async (...words) => session.send([encode(words)], {})[0] as Promise<Reply>);
    } finally {
      session.close();
    }
  }

  /** Takes messages that no command asked for: subscriptions, invalidations. */
  set onpush(listener: ((message: Reply[]) => void) | null) {
    this.session.onpush = listener;
  }

  /** Bytes of the wasm memory, which all engines of a page share; it never shrinks. */
  get wasmMemoryBytes(): number {
    return this.session.core.memoryBytes;
  }

  /** Closes all connections and frees the data. Commands that wait are rejected. */
  close(): void {
    this.session.core.stop();
  }
}

/** A pipeline: each command method adds a command and gives the pipeline back. */
export type Pipeline = PipelineBuilder & {
  [Name in keyof Commands]: (...args: Parameters<Commands[Name]>) => Pipeline;
};

class PipelineBuilder {
  readonly #send: (requests: readonly Uint8Array[]) => Promise<Reply>[];
  readonly #requests: Uint8Array[] = [];

  constructor(send: (requests: readonly Uint8Array[]) => Promise<Reply>[]) {
    this.#send = send;
  }

  /** Adds any command. */
  command(name: string, ...args: Argument[]): Pipeline {
    this.#requests.push(encode([name, ...args]));
    return this as unknown as Pipeline;
  }

  /** How many commands wait. */
  get length(): number {
    return this.#requests.length;
  }

  /** Sends all; the replies in order, errors among them as `HylaError` values. */
  async run(): Promise<Reply[]> {
    const requests = this.#requests.splice(0);
    if (requests.length === 0) return [];
    const settled = await Promise.allSettled(this.#send(requests));
    return settled.map((reply) => {
      if (reply.status === 'fulfilled') return reply.value;
      if (reply.reason instanceof HylaError) return reply.reason;
      throw reply.reason;
    });
  }
}

for (const [name, path] of Object.entries(methods)) {
  for (const { prototype } of [Client, PipelineBuilder]) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: Client | PipelineBuilder, ...args: Argument[]) {
        const [first = '', ...rest] = path;
        return this.command(first, ...rest, ...args);
      },
    });
  }
}

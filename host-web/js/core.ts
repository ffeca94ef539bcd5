// Drives the wasm engine: time, turns and ticks. Knows bytes and connections, no commands.

import type { FileFailure, Files } from './files/index.js';
import { MemoryFiles } from './files/memory.js';
import { operation, type WireOp } from './files/wire.js';
import { wasmSource } from './source.js';
import init, { Core as Wasm, type InitOutput } from './wasm/hyla_web.js';

/** What `run` of the wasm side answers. */
const enum Step {
  Idle = 0,
  More = 1,
  Parked = 2,
  Closed = 3,
}

/** Slices that one connection runs before the event loop has its turn. */
const SLICES_MAX = 32;

let loading: Promise<InitOutput> | undefined;

/** Loads the wasm module once for all engines. */
function load(source: WasmInput | undefined): Promise<InitOutput> {
  loading ??= (async () => init({ module_or_path: await (source ?? wasmSource()) }))();
  loading.catch(() => {
    loading = undefined;
  });
  return loading;
}

/** The wasm module, where the page brings its own: compiled, as bytes, or from a URL or response. */
export type WasmInput = WebAssembly.Module | BufferSource | Response | URL | Promise<WebAssembly.Module | BufferSource | Response>;

/** What a connection tells its owner. */
export interface Listener {
  /** Bytes arrived from the engine. */
  data(bytes: Uint8Array): void;
  /** The engine closed it, or the whole engine is closed. */
  end(reason?: Error): void;
}

/** How an engine is made. */
export interface CoreOptions {
  /** The wasm module, where it is not beside this file. */
  wasm?: WasmInput;
  /** Entropy unless given. */
  seed?: bigint;
  /** Directives: names and values in turn. */
  settings?: string[];
  /** Keeps the engine's files, in memory unless given. */
  files?: Files;
  /** Takes lines for a log. */
  note?: (line: string, warning: boolean) => void;
}

/** What the wasm side is told of failures of files. */
const FAILURES = { missing: 0, full: 1, other: 2 } as const;

/** An engine, its clock, its connections and its files. */
export class Core {
  readonly #wasm: Wasm;
  readonly #exports: InitOutput;
  readonly #listeners = new Map<number, Listener>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerDue = Infinity;
  #lastMono = 0;
  /** Replies that are waited for. */
  #awaited = 0;
  #broken: Error | undefined;
  /** Keeps the engine's files. */
  readonly files: Files;
  /** Waits for the files to be loaded. */
  #started: ((reason?: Error) => void) | undefined;
  #lastWarning = '';
  readonly #note: NonNullable<CoreOptions['note']>;

  /** Resolves once what the files have is loaded. */
  static async create(options: CoreOptions): Promise<Core> {
    const core = new Core(await load(options.wasm), options);
    await core.#start();
    return core;
  }

  #start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#started = (reason) => (reason ? reject(reason) : resolve());
      this.#guard(() => this.#wasm.start_files(Date.now(), this.#mono()));
      this.#drain();
    });
  }

  private constructor(exports: InitOutput, { seed, settings = [], files, note }: CoreOptions) {
    this.files = files ?? new MemoryFiles();
    // What an engine says of files that nobody keeps is of no interest.
    this.#note = note ?? (this.files.volatile ? () => undefined : logNote);
    const entropy = crypto.getRandomValues(new Uint32Array(2));
    const low = seed === undefined ? (entropy[0] ?? 0) : Number(BigInt.asUintN(32, seed));
    const high = seed === undefined ? (entropy[1] ?? 0) : Number(BigInt.asUintN(32, seed >> 32n));
    this.#exports = exports;
    this.#wasm = new Wasm(settings, low, high, Date.now(), this.#mono());
    this.#drain();
  }

  /** Bytes that the wasm memory has taken; it never shrinks. All engines of the page share it. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** Why nothing can run any more, if so. */
  get broken(): Error | undefined {
    return this.#broken;
  }

  /** Opens a connection. */
  open(listener: Listener): number {
    const link = this.#guard(() => this.#wasm.open(Date.now(), this.#mono()));
    if (link < 0) throw new Error('the engine refused the connection');
    this.#listeners.set(link, listener);
    this.#drain();
    return link;
  }

  /** Hands bytes in. What they are answered with goes to the listener, in part before this returns. */
  write(link: number, bytes: Uint8Array): void {
    this.#guard(() => {
      if (!this.#listeners.has(link)) throw new Error('the connection is closed');
      if (!this.#wasm.push(link, bytes)) {
        this.#forget(link, new Error('the engine has no memory for this input'));
        return;
      }
      this.#run(link);
    });
    this.#drain();
  }

  /** Closes a connection. */
  close(link: number): void {
    if (!this.#listeners.has(link)) return;
    this.#guard(() => this.#forget(link));
    this.#drain();
  }

  /** Closes all and frees the engine. */
  stop(reason: Error = new Error('the engine is closed')): void {
    if (this.#broken) return;
    this.#broken = reason;
    clearTimeout(this.#timer);
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    try {
      this.#wasm.free();
    } catch {
      // A trapped instance frees nothing.
    }
    for (const listener of listeners) listener.end(reason);
    this.#started?.(reason);
    this.#started = undefined;
    void this.files.close();
  }

  /** Microseconds that never run backwards. */
  #mono(): number {
    this.#lastMono = Math.max(this.#lastMono, Math.floor(performance.now() * 1000));
    return this.#lastMono;
  }

  #guard<T>(call: () => T): T {
    if (this.#broken) throw this.#broken;
    try {
      return call();
    } catch (error) {
      // A trap leaves the engine's memory in the middle of something.
      if (error instanceof WebAssembly.RuntimeError) {
        this.stop(new Error(`the engine failed: ${error.message}`, { cause: error }));
      }
      throw error;
    }
  }

  #run(link: number): void {
    for (let slice = 0; slice < SLICES_MAX; slice += 1) {
      // A listener may have closed everything.
      if (this.#broken) return;
      const step: Step = this.#wasm.run(link, Date.now(), this.#mono());
      this.#deliver(link);
      if (step === Step.Closed) {
        this.#forget(link);
        return;
      }
      if (step !== Step.More || !this.#listeners.has(link)) return;
    }
    setTimeout(() => {
      if (!this.#broken && this.#listeners.has(link)) {
        this.#guard(() => this.#run(link));
        this.#drain();
      }
    }, 0);
  }

  #deliver(link: number): void {
    if (this.#broken) return;
    const bytes = this.#wasm.take(link);
    if (bytes.length > 0) this.#listeners.get(link)?.data(bytes);
  }

  #forget(link: number, reason?: Error): void {
    if (this.#broken) return;
    const listener = this.#listeners.get(link);
    this.#listeners.delete(link);
    this.#wasm.close(link, Date.now(), this.#mono());
    listener?.end(reason);
  }

  /** Does what the engine asked for, until it asks for nothing but to sleep. */
  #drain(): void {
    if (this.#broken) return;
    this.#guard(() => {
      while (!this.#broken) {
        const resumed = this.#wasm.resumed();
        const flushed = this.#wasm.flushed();
        const closed = this.#wasm.closed();
        for (const link of flushed) this.#deliver(link);
        for (const link of resumed) this.#run(link);
        for (const link of closed) {
          this.#deliver(link);
          this.#forget(link);
        }
        for (const note of this.#wasm.notes()) this.#take(note.slice(1), note.startsWith('!'));
        for (let list = this.#wasm.files(); list; list = this.#wasm.files()) {
          this.#file(list as unknown as [number, ...WireOp[]]);
        }
        if (resumed.length + flushed.length + closed.length === 0) break;
      }
    });
    if (this.#broken) return;
    if (this.#wasm.stopped()) {
      const before = this.#started ? this.#lastWarning : '';
      this.stop(new Error(before || 'the engine was shut down'));
      return;
    }
    this.#arm();
    if (this.#started && this.#wasm.ready()) {
      this.#started();
      this.#started = undefined;
    }
  }

  #take(line: string, warning: boolean): void {
    if (warning) this.#lastWarning = line;
    this.#note(line, warning);
  }

  /** Runs a list of operations on files and reports. */
  #file([job, ...ops]: [number, ...WireOp[]]): void {
    this.files.run(ops.map(operation)).then(
      (answers) => this.#report(() => this.#wasm.filed(job, answers, Date.now(), this.#mono())),
      ({ at, kind, message }: FileFailure) =>
        this.#report(() => this.#wasm.file_failed(job, at, FAILURES[kind], message, Date.now(), this.#mono())),
    );
  }

  #report(call: () => void): void {
    if (this.#broken) return;
    this.#guard(call);
    this.#drain();
  }

  /** Sets the timer to the engine's deadline. */
  #arm(): void {
    const due = this.#wasm.deadline();
    if (this.#timer !== undefined && this.#timerDue <= due) return;
    clearTimeout(this.#timer);
    this.#timerDue = due;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, (due - this.#mono()) / 1000));
    this.#keepAlive();
  }

  /** Counts replies that are waited for, or no more. */
  await(count: number): void {
    this.#awaited += count;
    this.#keepAlive();
  }

  /** In Node a waiting tick does not keep the process alive, unless it may have files to write or somebody waits. */
  #keepAlive(): void {
    const timer = this.#timer as { ref?: () => void; unref?: () => void } | undefined;
    if (this.files.volatile && this.#awaited === 0) timer?.unref?.();
    else timer?.ref?.();
  }

  #tick(): void {
    this.#timer = undefined;
    this.#timerDue = Infinity;
    if (this.#broken) return;
    this.#guard(() => this.#wasm.tick(Date.now(), this.#mono()));
    this.#drain();
  }
}

function logNote(line: string, warning: boolean): void {
  if (warning) console.warn(`hyla: ${line}`);
}

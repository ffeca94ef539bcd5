// A byte connection to the engine, as a socket would be: for RESP clients and for tools.

import type { Core, Listener } from './core.js';

/** A connection that carries RESP bytes both ways. Also a pair of web streams. */
export class Connection {
  readonly #core: Core;
  readonly #link: number;
  #readable: ReadableStream<Uint8Array> | undefined;
  #writable: WritableStream<Uint8Array> | undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #early: Uint8Array[] = [];
  #ended = false;

  /** Called with bytes from the engine, in place of `readable`. */
  ondata: ((bytes: Uint8Array) => void) | null = null;
  /** Called once the connection is closed. */
  onend: ((reason?: Error) => void) | null = null;

  /** @internal Use `Hyla.connect`. */
  constructor(core: Core) {
    this.#core = core;
    const listener: Listener = {
      data: (bytes) => this.#data(bytes),
      end: (reason) => this.#end(reason),
    };
    this.#link = core.open(listener);
  }

  /** Sends bytes, or text as UTF-8. Throws if the connection is closed. */
  write(data: Uint8Array | string): void {
    this.#core.write(this.#link, typeof data === 'string' ? new TextEncoder().encode(data) : data);
  }

  /** Closes it. */
  close(): void {
    this.#core.close(this.#link);
  }

  /** What the engine sends. */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const bytes of this.#early) controller.enqueue(bytes);
        this.#early = [];
        if (this.#ended) controller.close();
        else this.#controller = controller;
      },
      cancel: () => {
        this.#controller = undefined;
        this.close();
      },
    });
    return this.#readable;
  }

  /** What the engine is sent. */
  get writable(): WritableStream<Uint8Array> {
    this.#writable ??= new WritableStream<Uint8Array>({
      write: (bytes) => this.write(bytes),
      close: () => this.close(),
      abort: () => this.close(),
    });
    return this.#writable;
  }

  #data(bytes: Uint8Array): void {
    if (this.ondata) this.ondata(bytes);
    else if (this.#controller) this.#controller.enqueue(bytes);
    else this.#early.push(bytes);
  }

  #end(reason?: Error): void {
    this.#ended = true;
    const controller = this.#controller;
    this.#controller = undefined;
    if (reason) controller?.error(reason);
    else controller?.close();
    this.onend?.(reason);
  }
}

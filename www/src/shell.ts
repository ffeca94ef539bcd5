// What a typed line does: goes to the engine over a byte connection, comes back as text.

import { Reader, encode, type Connection, type Hyla, type Node } from 'hyla';

import { help } from './help.js';
import { paint, render } from './render.js';
import type { Strings } from './strings.js';
import { splitLine } from './words.js';

const LINES_MAX = 2000;

/** Commands whose text redis-cli shows as it is. */
const RAW = new Set([
  'INFO',
  'LOLWUT',
  'CLIENT LIST',
  'CLIENT INFO',
  'CLUSTER INFO',
  'CLUSTER NODES',
  'DEBUG HTSTATS',
  'LATENCY DOCTOR',
  'LATENCY GRAPH',
  'MEMORY DOCTOR',
  'MEMORY MALLOC-STATS',
]);
/** Commands that RESP3 answers with pushes alone. */
const PUSHED = /^[PS]?(UN)?SUBSCRIBE$/;

/** A connection of a person. */
export class Shell {
  readonly #db: Hyla;
  readonly #print: (lines: string[]) => void;
  #connection: Connection;
  #reader = new Reader();
  #answer: ((node: Node | undefined) => void) | undefined;
  /** A push answers what runs. */
  #pushed = false;
  /** What runs answers with text that is shown as it is. */
  #raw = false;
  /** The database that the connection has selected. */
  database = 0;
  /** The connection is shown every command, also those of the page. */
  monitoring = false;
  strings: Strings;

  constructor(db: Hyla, strings: Strings, print: (lines: string[]) => void) {
    this.#db = db;
    this.strings = strings;
    this.#print = print;
    this.#connection = this.#open();
  }

  get prompt(): string {
    return this.database === 0 ? 'hyla> ' : `hyla[${this.database}]> `;
  }

  /** Runs a line that is no CLEAR. */
  async run(line: string, columns: number): Promise<void> {
    const words = splitLine(line);
    if (!words) {
      this.#print([paint.error(this.strings.badQuotes)]);
      return;
    }
    const texts = words.map((word) => new TextDecoder().decode(word));
    const name = texts[0]?.toUpperCase();
    if (name === undefined) return;
    if (name === 'HELP') {
      this.#print(help(texts.slice(1).join(' '), this.strings, columns));
      return;
    }
    this.#pushed = PUSHED.test(name);
    this.#raw = RAW.has(name) || RAW.has(`${name} ${texts[1]?.toUpperCase()}`);
    const node = await this.#ask(encode(words));
    if (!node) return;
    if (name === 'SELECT' && node.type === 'simple') this.database = Number(texts[1]);
    if (name === 'MONITOR' && node.type === 'simple') this.monitoring = true;
    if (name === 'RESET' && node.type === 'simple') {
      this.database = 0;
      this.monitoring = false;
    }
  }

  /** Gives up what is waited for. */
  interrupt(): void {
    this.#connection.close();
  }

  #show(node: Node): void {
    const lines = render(node);
    const more = lines.length - LINES_MAX;
    this.#print(more > 0 ? [...lines.slice(0, LINES_MAX), paint.quiet(this.strings.truncated(more))] : lines);
  }

  #ask(request: Uint8Array): Promise<Node | undefined> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      try {
        this.#connection.write(request);
      } catch (error) {
        this.#answer = undefined;
        this.#print([paint.error(String(error))]);
        resolve(undefined);
      }
    });
  }

  #open(): Connection {
    const connection = this.#db.connect();
    this.#reader = new Reader();
    connection.ondata = (bytes) => this.#data(bytes);
    connection.onend = (reason) => this.#end(reason);
    return connection;
  }

  #data(bytes: Uint8Array): void {
    this.#reader.push(bytes);
    for (let node = this.#reader.next(); node; node = this.#reader.next()) {
      const answer = this.#answer;
      if (!answer || (node.type === 'push' && !this.#pushed)) {
        this.#show(node);
        continue;
      }
      this.#answer = undefined;
      this.#show(this.#raw && node.type === 'bulk' ? { ...node, type: 'verbatim', format: 'txt' } : node);
      answer(node);
    }
  }

  #end(reason: Error | undefined): void {
    // A closed engine ends its connections with a reason.
    const stopped = reason !== undefined;
    this.#print([paint.error(stopped ? this.strings.stopped : this.strings.closed)]);
    this.database = 0;
    this.monitoring = false;
    if (!stopped) {
      queueMicrotask(() => {
        this.#connection = this.#open();
      });
    }
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.(undefined);
  }
}

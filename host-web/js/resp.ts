// RESP2 and RESP3 on the wire: commands out of arguments, replies out of bytes. Knows no engine.

import { HylaError, type Argument, type Reply } from './types.js';

/** A reply as it was on the wire. */
export type Node =
  | { type: 'simple' | 'error' | 'big-number'; value: string }
  | { type: 'integer'; value: number | bigint }
  | { type: 'double'; value: number; text: string }
  | { type: 'boolean'; value: boolean }
  | { type: 'null' }
  | { type: 'bulk' | 'blob-error'; value: Uint8Array }
  | { type: 'verbatim'; format: string; value: Uint8Array }
  | { type: 'array' | 'set' | 'push'; items: Node[] }
  | { type: 'map'; entries: [Node, Node][]; attribute?: boolean };

/** How replies become JavaScript values. */
export interface DecodeOptions {
  /** What strings become. Default: `'string'`. */
  strings?: 'string' | 'bytes';
  /** What maps become. An object has text keys only. Default: `'map'`. */
  maps?: 'map' | 'object';
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const LINE_END = encoder.encode('\r\n');

/** The words of a command, spread out of its arguments. */
export function words(args: readonly Argument[]): Uint8Array[] {
  const out: Uint8Array[] = [];
  spread(args, out);
  return out;
}

function spread(args: readonly Argument[], out: Uint8Array[]): void {
  for (const arg of args) {
    if (arg === undefined || arg === false) continue;
    if (arg instanceof Uint8Array) out.push(arg);
    else if (typeof arg === 'string') out.push(encoder.encode(arg));
    else if (typeof arg === 'number' || typeof arg === 'bigint') out.push(encoder.encode(numberText(arg)));
    else if (Array.isArray(arg)) spread(arg, out);
    else if (typeof arg === 'object' && arg !== null) {
      for (const [name, value] of Object.entries(arg)) {
        if (value === undefined || value === false) continue;
        out.push(encoder.encode(name));
        if (value !== true) spread([value as Argument], out);
      }
    } else throw new TypeError(`a command cannot hold ${String(arg)}`);
  }
}

function numberText(value: number | bigint): string {
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  return String(value);
}

/** A command as RESP bytes. */
export function encode(args: readonly Argument[]): Uint8Array {
  const parts = words(args);
  if (parts.length === 0) throw new TypeError('a command needs a name');
  const pieces: Uint8Array[] = [encoder.encode(`*${parts.length}\r\n`)];
  for (const part of parts) pieces.push(encoder.encode(`$${part.length}\r\n`), part, LINE_END);
  return join(pieces);
}

/** One array out of many. */
export function join(pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Bytes cut a reply short: read again when more are there. */
class Incomplete {}
const INCOMPLETE = new Incomplete();

/** Reads replies out of bytes that come in pieces. */
export class Reader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** Takes bytes that arrived. */
  push(bytes: Uint8Array): void {
    this.#bytes = this.#at === this.#bytes.length ? bytes : join([this.#bytes.subarray(this.#at), bytes]);
    this.#at = 0;
  }

  /** The next whole reply, or nothing. Throws where the bytes are no RESP. */
  next(): Node | undefined {
    if (this.#at === this.#bytes.length) return undefined;
    const start = this.#at;
    try {
      return this.#node();
    } catch (stop) {
      this.#at = start;
      if (stop === INCOMPLETE) return undefined;
      throw stop;
    }
  }

  #node(): Node {
    const line = this.#line();
    const rest = line.slice(1);
    switch (line[0]) {
      case '+':
        return { type: 'simple', value: rest };
      case '-':
        return { type: 'error', value: rest };
      case ':':
        return { type: 'integer', value: integer(rest) };
      case '(':
        return { type: 'big-number', value: rest };
      case ',':
        return { type: 'double', value: double(rest), text: rest };
      case '#':
        return { type: 'boolean', value: rest === 't' };
      case '_':
        return { type: 'null' };
      case '$':
        return rest === '-1' ? { type: 'null' } : { type: 'bulk', value: this.#blob(rest) };
      case '!':
        return { type: 'blob-error', value: this.#blob(rest) };
      case '=': {
        const blob = this.#blob(rest);
        return { type: 'verbatim', format: decoder.decode(blob.subarray(0, 3)), value: blob.subarray(4) };
      }
      case '*':
        return rest === '-1' ? { type: 'null' } : { type: 'array', items: this.#items(rest) };
      case '~':
        return { type: 'set', items: this.#items(rest) };
      case '>':
        return { type: 'push', items: this.#items(rest) };
      case '%':
        return { type: 'map', entries: this.#entries(rest) };
      case '|':
        // Attributes say something about the reply behind them; nobody reads them yet.
        this.#entries(rest);
        return this.#node();
      default:
        throw new Error(`no RESP type begins with ${JSON.stringify(line[0] ?? '')}`);
    }
  }

  #line(): string {
    const end = this.#bytes.indexOf(13, this.#at);
    if (end < 0 || end + 1 >= this.#bytes.length) throw INCOMPLETE;
    const line = decoder.decode(this.#bytes.subarray(this.#at, end));
    this.#at = end + 2;
    return line;
  }

  #blob(length: string): Uint8Array {
    const end = this.#at + Number(length);
    if (end + 2 > this.#bytes.length) throw INCOMPLETE;
    const blob = this.#bytes.slice(this.#at, end);
    this.#at = end + 2;
    return blob;
  }

  #items(count: string): Node[] {
    const items: Node[] = [];
    for (let left = Number(count); left > 0; left -= 1) items.push(this.#node());
    return items;
  }

  #entries(count: string): [Node, Node][] {
    const entries: [Node, Node][] = [];
    for (let left = Number(count); left > 0; left -= 1) entries.push([this.#node(), this.#node()]);
    return entries;
  }
}

function integer(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

function double(text: string): number {
  if (text === 'inf') return Infinity;
  if (text === '-inf') return -Infinity;
  return Number(text);
}

/** A reply as a JavaScript value. Errors become `HylaError` values; nothing is thrown. */
export function decode(node: Node, options: DecodeOptions = {}): Reply {
  switch (node.type) {
    case 'simple':
      return node.value;
    case 'error':
      return new HylaError(node.value);
    case 'blob-error':
      return new HylaError(decoder.decode(node.value));
    case 'integer':
    case 'double':
    case 'boolean':
      return node.value;
    case 'big-number':
      return BigInt(node.value);
    case 'null':
      return null;
    case 'bulk':
    case 'verbatim':
      return options.strings === 'bytes' ? node.value : decoder.decode(node.value);
    case 'array':
    case 'push':
      return node.items.map((item) => decode(item, options));
    case 'set':
      return new Set(node.items.map((item) => decode(item, options)));
    case 'map':
      return options.maps === 'object'
        ? Object.fromEntries(node.entries.map(([name, value]) => [text(name), decode(value, options)]))
        : new Map(node.entries.map(([name, value]) => [decode(name, options), decode(value, options)]));
  }
}

function text(node: Node): string {
  return String(decode(node, { strings: 'string' }));
}

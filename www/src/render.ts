// Replies as redis-cli shows them, with colours by type. Text that is valid UTF-8 stays readable.

import type { Node } from 'hyla';

/** Text in a colour of the terminal's theme. */
export const paint = {
  string: (text: string) => `\x1b[32m${text}\x1b[39m`,
  number: (text: string) => `\x1b[36m${text}\x1b[39m`,
  error: (text: string) => `\x1b[31m${text}\x1b[39m`,
  quiet: (text: string) => `\x1b[90m${text}\x1b[39m`,
  strong: (text: string) => `\x1b[1m${text}\x1b[22m`,
};

/** Text without its colours. */
export function plain(text: string): string {
  return text.replace(/\x1b\[\d+m/g, '');
}

const ESCAPES: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\x07': '\\a', '\b': '\\b' };

/** The lines of a reply. */
export function render(node: Node): string[] {
  switch (node.type) {
    case 'simple':
      return [printable(node.value)];
    case 'error':
      return [paint.error(`(error) ${printable(node.value)}`)];
    case 'blob-error':
      return [paint.error(`(error) ${printable(new TextDecoder().decode(node.value))}`)];
    case 'integer':
      return [paint.number(`(integer) ${node.value}`)];
    case 'double':
      return [paint.number(`(double) ${node.text}`)];
    case 'big-number':
      return [paint.number(node.value)];
    case 'boolean':
      return [paint.number(node.value ? '(true)' : '(false)')];
    case 'null':
      return [paint.quiet('(nil)')];
    case 'bulk':
      return [paint.string(quote(node.value))];
    case 'verbatim':
      return new TextDecoder().decode(node.value).replace(/\r?\n$/, '').split(/\r?\n/).map(printable);
    case 'array':
      return items(node.items.map(render), ')', '(empty array)');
    case 'push':
      return items(node.items.map(render), ')', '(empty push)');
    case 'set':
      return items(node.items.map(render), '~', '(empty set)');
    case 'map':
      return items(node.entries.map(entry), '#', '(empty hash)');
  }
}

function entry([name, value]: [Node, Node]): string[] {
  const head = render(name);
  const [first = '', ...rest] = render(value);
  const last = head.pop() ?? '';
  return [...head, `${last} ${paint.quiet('=>')} ${first}`, ...rest.map((line) => `   ${line}`)];
}

function items(all: string[][], mark: string, empty: string): string[] {
  if (all.length === 0) return [paint.quiet(empty)];
  const width = String(all.length).length;
  const indent = ' '.repeat(width + 2);
  return all.flatMap(([first = '', ...rest], at) => [
    `${paint.quiet(`${String(at + 1).padStart(width)}${mark}`)} ${first}`,
    ...rest.map((line) => indent + line),
  ]);
}

/** A string in quotes, bytes that are no text as `\xHH`. */
export function quote(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return `"${text.replace(/["\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escape)}"`;
  } catch {
    const letters = Array.from(bytes, (byte) =>
      byte < 128 ? String.fromCharCode(byte).replace(/["\\\p{Cc}]/u, escape) : `\\x${byte.toString(16)}`,
    );
    return `"${letters.join('')}"`;
  }
}

function escape(letter: string): string {
  if (letter === '"' || letter === '\\') return `\\${letter}`;
  const known = ESCAPES[letter];
  if (known !== undefined) return known;
  return [...new TextEncoder().encode(letter)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

/** Without what would steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

// Splits a typed line into words the way redis-cli does: quotes, and escapes inside double quotes.

const encoder = new TextEncoder();
const ESCAPES: Record<string, number> = { n: 10, r: 13, t: 9, b: 8, a: 7 };

/** The words of a line as bytes, or nothing if a quote is not closed or runs into the next word. */
export function splitLine(line: string): Uint8Array[] | undefined {
  const words: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(line[at])) at += 1;
    if (at >= line.length) return words;
    const bytes: number[] = [];
    while (at < line.length && !isSpace(line[at])) {
      const quote = line[at];
      if (quote !== '"' && quote !== "'") {
        const point = String.fromCodePoint(line.codePointAt(at) ?? 0);
        bytes.push(...encoder.encode(point));
        at += point.length;
        continue;
      }
      const end = readQuoted(line, at, bytes);
      if (end === undefined || (end < line.length && !isSpace(line[end]))) return undefined;
      at = end;
    }
    words.push(new Uint8Array(bytes));
  }
}

/** Reads a quoted piece into `bytes`; gives the place behind its closing quote. */
function readQuoted(line: string, start: number, bytes: number[]): number | undefined {
  const quote = line[start];
  let at = start + 1;
  while (at < line.length) {
    const point = String.fromCodePoint(line.codePointAt(at) ?? 0);
    if (point === quote) return at + 1;
    const next = line[at + 1];
    const hex = /^\\x([0-9a-f]{2})/i.exec(line.slice(at, at + 4));
    if (quote === '"' && hex) {
      bytes.push(parseInt(hex[1] ?? '', 16));
      at += 4;
    } else if (point === '\\' && next !== undefined && (quote === '"' || next === "'")) {
      const escaped = quote === '"' ? ESCAPES[next] : undefined;
      if (escaped === undefined) bytes.push(...encoder.encode(next));
      else bytes.push(escaped);
      at += 2;
    } else {
      bytes.push(...encoder.encode(point));
      at += point.length;
    }
  }
  return undefined;
}

function isSpace(letter: string | undefined): boolean {
  return letter !== undefined && /\s/.test(letter);
}

// A line editor on an xterm.js terminal: editing, history, completion, hints. Knows no commands.

import type { Terminal } from '@xterm/xterm';

import { paint } from './render.js';

/** What the editor asks its owner. */
export interface Owner {
  prompt(): string;
  /** What could stand in place of the last word. */
  complete(line: string): string[];
  /** What to show in grey behind the line. */
  hint(line: string): string;
  /** Runs a line; the next prompt comes when it is done. */
  submit(line: string): Promise<void>;
  /** Control-C while a line runs. */
  interrupt(): void;
}

const HISTORY_MAX = 500;

/** What the keys that a screen keyboard lacks send. */
export const SENT = { tab: '\t', up: '\x1b[A', down: '\x1b[B', stop: '\x03' };

/** Keys as the terminal sends them: escape sequences, or single letters. */
const KEYS = /\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Za-z]|\x1b[a-zA-Z]|[\s\S]/gu;

/** Edits one line at a time. */
export class Editor {
  readonly #terminal: Terminal;
  readonly #owner: Owner;
  readonly #history: string[] = [];
  #historyAt = 0;
  #draft = '';
  #letters: string[] = [];
  #cursor = 0;
  /** The row of the cursor, counted from the prompt's. */
  #row = 0;
  #busy = true;
  #queue: string[] = [];

  constructor(terminal: Terminal, owner: Owner) {
    this.#terminal = terminal;
    this.#owner = owner;
    terminal.onData((data) => this.press(data));
    terminal.onResize(() => this.refresh());
  }

  /** Shows the first prompt. */
  start(): void {
    this.#busy = false;
    this.#draw();
    void this.#work();
  }

  /** The line is empty. */
  get empty(): boolean {
    return this.#letters.length === 0;
  }

  /** Draws the line again, as after a change of prompt, hints or width. */
  refresh(): void {
    if (!this.#busy) this.#draw();
  }

  /** Takes keys as the terminal sends them. */
  press(data: string): void {
    this.#queue.push(...(data.match(KEYS) ?? []));
    void this.#work();
  }

  /** Writes whole lines: behind what a command has written, or above the line that is being typed. */
  print(text: string): void {
    if (this.#busy) {
      this.#terminal.write(text);
      return;
    }
    const up = this.#row > 0 ? `\x1b[${this.#row}A` : '';
    this.#terminal.write(`${up}\r\x1b[J${text}`);
    this.#row = 0;
    this.#draw();
  }

  /** Runs a line as if it had been typed; what stood there goes. */
  run(line: string): void {
    this.#queue.push('\x15', ...line, '\r');
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#busy) {
      if (this.#queue.at(-1) === '\x03') {
        this.#queue = [];
        this.#owner.interrupt();
      }
      return;
    }
    for (let key = this.#queue.shift(); key !== undefined; key = this.#queue.shift()) {
      if (key === '\r' || key === '\n') {
        await this.#submit();
      } else {
        this.#key(key);
      }
      if (this.#queue[0] === '\r' || this.#queue.length === 0) this.#draw();
    }
  }

  async #submit(): Promise<void> {
    const line = this.#letters.join('');
    this.#cursor = this.#letters.length;
    this.#draw(false);
    this.#terminal.write('\r\n');
    this.#set('');
    this.#row = 0;
    if (line.trim() !== '') {
      if (this.#history.at(-1) !== line) this.#history.push(line);
      if (this.#history.length > HISTORY_MAX) this.#history.shift();
      this.#busy = true;
      try {
        await this.#owner.submit(line);
      } finally {
        this.#busy = false;
      }
    }
    this.#historyAt = this.#history.length;
    this.#draft = '';
  }

  #key(key: string): void {
    const end = this.#letters.length;
    switch (key) {
      case '\x1b[D':
      case '\x02':
        this.#cursor = Math.max(0, this.#cursor - 1);
        break;
      case '\x1b[C':
      case '\x06':
        this.#cursor = Math.min(end, this.#cursor + 1);
        break;
      case '\x1b[H':
      case '\x1bOH':
      case '\x01':
        this.#cursor = 0;
        break;
      case '\x1b[F':
      case '\x1bOF':
      case '\x05':
        this.#cursor = end;
        break;
      case '\x1b[1;5D':
      case '\x1bb':
        this.#cursor = this.#wordStart();
        break;
      case '\x1b[1;5C':
      case '\x1bf':
        this.#cursor = this.#wordEnd();
        break;
      case '\x1b[A':
      case '\x10':
        this.#recall(this.#historyAt - 1);
        break;
      case '\x1b[B':
      case '\x0e':
        this.#recall(this.#historyAt + 1);
        break;
      case '\x7f':
      case '\b':
        if (this.#cursor > 0) this.#remove(this.#cursor - 1, this.#cursor);
        break;
      case '\x1b[3~':
      case '\x04':
        this.#remove(this.#cursor, this.#cursor + 1);
        break;
      case '\x17':
        this.#remove(this.#wordStart(), this.#cursor);
        break;
      case '\x15':
        this.#remove(0, this.#cursor);
        break;
      case '\x0b':
        this.#remove(this.#cursor, end);
        break;
      case '\x1b':
        this.#set('');
        break;
      case '\x03':
        this.#cursor = end;
        this.#draw(false);
        this.#terminal.write('^C\r\n');
        this.#row = 0;
        this.#set('');
        break;
      case '\x0c':
        this.clear();
        break;
      case '\t':
        this.#complete();
        break;
      default:
        if (!/^[\x00-\x1f]/.test(key)) {
          this.#letters.splice(this.#cursor, 0, key);
          this.#cursor += 1;
        }
    }
  }

  /** Empties the screen; the line stays. */
  clear(): void {
    this.#terminal.write('\x1b[2J\x1b[3J\x1b[H');
    this.#row = 0;
  }

  #set(line: string): void {
    this.#letters = Array.from(line);
    this.#cursor = this.#letters.length;
  }

  #remove(from: number, to: number): void {
    this.#letters.splice(from, to - from);
    this.#cursor = from;
  }

  #recall(at: number): void {
    if (at < 0 || at > this.#history.length) return;
    if (this.#historyAt === this.#history.length) this.#draft = this.#letters.join('');
    this.#historyAt = at;
    this.#set(this.#history[at] ?? this.#draft);
  }

  #wordStart(): number {
    let at = this.#cursor;
    while (at > 0 && this.#letters[at - 1] === ' ') at -= 1;
    while (at > 0 && this.#letters[at - 1] !== ' ') at -= 1;
    return at;
  }

  #wordEnd(): number {
    let at = this.#cursor;
    while (at < this.#letters.length && this.#letters[at] === ' ') at += 1;
    while (at < this.#letters.length && this.#letters[at] !== ' ') at += 1;
    return at;
  }

  /** Completes as far as all candidates agree; lists them where they part. */
  #complete(): void {
    const before = this.#letters.slice(0, this.#cursor).join('');
    const candidates = this.#owner.complete(before);
    const [first = ''] = candidates;
    if (candidates.length === 0) return;
    const word = /\S*$/.exec(before)?.[0] ?? '';
    let common = first;
    for (const other of candidates) while (!other.startsWith(common)) common = common.slice(0, -1);
    const added = common.slice(word.length) + (candidates.length === 1 ? ' ' : '');
    if (added === '') {
      this.#list(candidates);
      return;
    }
    const letters = Array.from(added);
    this.#letters.splice(this.#cursor, 0, ...letters);
    this.#cursor += letters.length;
  }

  #list(candidates: string[]): void {
    const width = Math.max(...candidates.map((word) => word.length)) + 2;
    const columns = Math.max(1, Math.floor(this.#terminal.cols / width));
    const rows: string[] = [];
    for (let at = 0; at < candidates.length; at += columns) {
      rows.push(candidates.slice(at, at + columns).map((word) => word.padEnd(width)).join('').trimEnd());
    }
    const cursor = this.#cursor;
    this.#cursor = this.#letters.length;
    this.#draw(false);
    this.#terminal.write(`\r\n${rows.map(paint.quiet).join('\r\n')}\r\n`);
    this.#row = 0;
    this.#cursor = cursor;
  }

  #draw(withHint = true): void {
    const { cols } = this.#terminal;
    const prompt = this.#owner.prompt();
    const line = this.#letters.join('');
    const place = layout([...prompt, ...this.#letters.slice(0, this.#cursor)], cols);
    const end = layout([...prompt, ...this.#letters], cols);
    let out = this.#row > 0 ? `\x1b[${this.#row}A` : '';
    out += `\r\x1b[J${paint.strong(prompt)}${line}`;
    let bottom = end.row;
    const room = cols - end.column - 1;
    if (end.column === 0 && end.row > 0) out += '\r\n';
    else if (withHint && this.#cursor === this.#letters.length && room > 0) {
      const hint = this.#owner.hint(line);
      const shown = hint.length > room ? `${hint.slice(0, room - 1)}…` : hint;
      out += paint.quiet(shown);
      bottom = end.row;
    }
    if (bottom > place.row) out += `\x1b[${bottom - place.row}A`;
    out += '\r';
    if (place.column > 0) out += `\x1b[${place.column}C`;
    this.#row = place.row;
    this.#terminal.write(out);
  }
}

/** Where the cursor stands behind `letters`. */
function layout(letters: readonly string[], cols: number): { row: number; column: number } {
  let row = 0;
  let column = 0;
  for (const letter of letters) {
    const width = letterWidth(letter.codePointAt(0) ?? 0);
    if (column + width > cols) {
      row += 1;
      column = 0;
    }
    column += width;
  }
  return column === cols ? { row: row + 1, column: 0 } : { row, column };
}

/** Columns of a text. */
export function textWidth(text: string): number {
  let width = 0;
  for (const letter of text) width += letterWidth(letter.codePointAt(0) ?? 0);
  return width;
}

/** Columns of a letter, as the terminal counts them. */
function letterWidth(point: number): number {
  if ((point >= 0x300 && point <= 0x36f) || point === 0x200b || point === 0x200d || (point >= 0xfe00 && point <= 0xfe0f)) {
    return 0;
  }
  const wide =
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0xffe0 && point <= 0xffe6) ||
    (point >= 0x20000 && point <= 0x3fffd);
  return wide ? 2 : 1;
}

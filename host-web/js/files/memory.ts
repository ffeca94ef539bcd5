// Files in memory: for engines whose data is gone with the page, so that SAVE and snapshots work there, too.

import { FileFailure, type Answer, type FileOp, type Files } from './index.js';

/** Files that nobody else sees. */
export class MemoryFiles implements Files {
  readonly volatile = true;
  /** The pieces of each file, in order. */
  readonly #files: Map<string, Uint8Array[]>;

  /** @param files what there is at the beginning */
  constructor(files: Record<string, Uint8Array> = {}) {
    this.#files = new Map(Object.entries(files).map(([path, bytes]) => [path, [bytes]]));
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async run(ops: readonly FileOp[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const [at, op] of ops.entries()) {
      const answer = this.#operate(op, at);
      if (answer) answers.push(answer.value);
    }
    return answers;
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async close(): Promise<void> {
    this.#files.clear();
  }

  /** Runs one operation; its answer, if it has one. */
  #operate(op: FileOp, at: number): { value: Answer } | undefined {
    const pieces = this.#files.get(op.path);
    switch (op.op) {
      case 'create':
        this.#files.set(op.path, []);
        return undefined;
      case 'append':
        if (pieces) pieces.push(op.bytes);
        else this.#files.set(op.path, [op.bytes]);
        return undefined;
      case 'rename':
        this.#files.set(op.to, this.#expect(op.path, at));
        this.#files.delete(op.path);
        return undefined;
      case 'remove':
        this.#files.delete(op.path);
        return undefined;
      case 'truncate':
        this.#files.set(op.path, [this.#read(op.path, 0, op.size, at)]);
        return undefined;
      case 'makedir':
      case 'sync':
      case 'syncdir':
        return undefined;
      case 'list':
        return { value: this.#list(op.path) };
      case 'size':
        return { value: pieces?.reduce((sum, piece) => sum + piece.length, 0) };
      case 'read':
        return { value: this.#read(op.path, op.from, op.size, at) };
    }
  }

  #expect(path: string, at: number): Uint8Array[] {
    const pieces = this.#files.get(path);
    if (!pieces) throw new FileFailure(at, 'missing', `there is no file ${path}`);
    return pieces;
  }

  #list(path: string): string[] {
    const within = path === '.' ? '' : `${path}/`;
    const inside = [...this.#files.keys()].filter((name) => name.startsWith(within));
    return inside.map((name) => name.slice(within.length)).filter((name) => !name.includes('/'));
  }

  #read(path: string, from: number, size: number, at: number): Uint8Array<ArrayBuffer> {
    const pieces = this.#expect(path, at);
    const all = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const bytes = new Uint8Array(Math.max(0, Math.min(size, all - from)));
    let start = 0;
    for (const piece of pieces) {
      const part = piece.subarray(Math.max(0, from - start), Math.max(0, from + bytes.length - start));
      if (part.length > 0) bytes.set(part, Math.max(0, start - from));
      start += piece.length;
    }
    return bytes;
  }
}

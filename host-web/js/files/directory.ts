// Files in a directory of Node's, Deno's or Bun's disk.

import type { FileHandle } from 'node:fs/promises';

import { FileFailure, type Answer, type FileOp, type Files } from './index.js';

/** Files that are kept open for appending at most. */
const OPEN_MAX = 2;

type Disk = typeof import('node:fs/promises');

/** Files below a directory. */
export class DirectoryFiles implements Files {
  readonly #disk: Disk;
  readonly #directory: string;
  /** Those that were appended to last, the latest at the end. */
  readonly #open = new Map<string, FileHandle>();
  /** Lists run one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /** Opens the directory, or makes it. */
  static async open(directory: string): Promise<DirectoryFiles> {
    // In a variable, so that bundlers for browsers do not look for it.
    const module = 'node:fs/promises';
    const disk = (await import(/* @vite-ignore */ /* webpackIgnore: true */ module)) as Disk;
    await disk.mkdir(directory, { recursive: true });
    return new DirectoryFiles(disk, directory);
  }

  private constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  run(ops: readonly FileOp[]): Promise<Answer[]> {
    const run = this.#last.then(() => this.#run(ops));
    this.#last = run.catch(() => undefined);
    return run;
  }

  async close(): Promise<void> {
    await this.#last;
    for (const path of [...this.#open.keys()]) await this.#letGo(path);
  }

  async #run(ops: readonly FileOp[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    let at = 0;
    try {
      for (const op of ops) {
        const answer = await this.#operate(op);
        if (answer) answers.push(answer.value);
        at += 1;
      }
    } catch (error) {
      throw failure(at, error);
    }
    return answers;
  }

  #path(path: string): string {
    return path.startsWith('/') ? path : `${this.#directory}/${path}`;
  }

  /** Runs one operation; its answer, if it has one. */
  async #operate(op: FileOp): Promise<{ value: Answer } | undefined> {
    const disk = this.#disk;
    const path = this.#path(op.path);
    switch (op.op) {
      case 'makedir':
        await disk.mkdir(path, { recursive: true });
        return undefined;
      case 'create':
        await this.#letGo(op.path);
        await (await disk.open(path, 'w')).close();
        return undefined;
      case 'append':
        await writeAll(await this.#handle(op.path), op.bytes);
        return undefined;
      case 'sync':
        await (await this.#handle(op.path)).datasync();
        return undefined;
      case 'rename':
        await this.#letGo(op.path);
        await this.#letGo(op.to);
        await disk.rename(path, this.#path(op.to));
        return undefined;
      case 'remove':
        await this.#letGo(op.path);
        await disk.rm(path, { force: true });
        return undefined;
      case 'truncate':
        await disk.truncate(path, op.size);
        return undefined;
      case 'syncdir':
        await this.#syncDirectory(path);
        return undefined;
      case 'list':
        return { value: await this.#list(path) };
      case 'size':
        return { value: await this.#size(path) };
      case 'read':
        return { value: await this.#read(path, op.from, op.size) };
    }
  }

  /** The file, open for appending. */
  async #handle(path: string): Promise<FileHandle> {
    const open = this.#open.get(path);
    if (open) return open;
    for (const old of this.#open.keys()) {
      if (this.#open.size < OPEN_MAX) break;
      await this.#letGo(old);
    }
    const handle = await this.#disk.open(this.#path(path), 'a');
    this.#open.set(path, handle);
    return handle;
  }

  async #letGo(path: string): Promise<void> {
    const handle = this.#open.get(path);
    this.#open.delete(path);
    await handle?.close();
  }

  async #syncDirectory(path: string): Promise<void> {
    // Windows opens no directories, and needs no such thing.
    if (process.platform === 'win32') return;
    const handle = await this.#disk.open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async #list(path: string): Promise<string[]> {
    try {
      const entries = await this.#disk.readdir(path, { withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    } catch (error) {
      if (code(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async #size(path: string): Promise<number | undefined> {
    try {
      return (await this.#disk.stat(path)).size;
    } catch (error) {
      if (code(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #read(path: string, from: number, size: number): Promise<Uint8Array<ArrayBuffer>> {
    const handle = await this.#disk.open(path, 'r');
    try {
      const left = (await handle.stat()).size - from;
      const bytes = new Uint8Array(Math.max(0, Math.min(size, left)));
      let done = 0;
      while (done < bytes.length) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, from + done);
        if (bytesRead === 0) return bytes.slice(0, done);
        done += bytesRead;
      }
      return bytes;
    } finally {
      await handle.close();
    }
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done)).bytesWritten;
  }
}

function code(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function failure(at: number, error: unknown): FileFailure {
  const words = error instanceof Error ? error.message : String(error);
  const kind = { ENOENT: 'missing', ENOSPC: 'full', EDQUOT: 'full' } as const;
  return new FileFailure(at, kind[code(error) as keyof typeof kind] ?? 'other', words, { cause: error });
}

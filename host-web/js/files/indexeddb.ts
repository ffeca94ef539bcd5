// Files in IndexedDB. A list of operations is one transaction, so that it happens as a whole or not at all.
//
// `names` has each file's path with its number and size; `pieces` has its bytes, by number and offset. One tab owns the
// database: it holds a lock of the browser's and keeps `names` in memory.

import { FileFailure, type Answer, type FileOp, type Files } from './index.js';

const NAMES = 'names';
const PIECES = 'pieces';

interface File {
  readonly id: number;
  readonly size: number;
}

type Name = readonly [path: string, file: File];

/** The settled result of a request. */
function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the request failed'));
  });
}

/** The end of a transaction. */
function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('the transaction was given up'));
  });
}

function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(NAMES);
    request.result.createObjectStore(PIECES);
  };
  return settled(request);
}

/** How long an owner that is about to close is waited for, in milliseconds. */
const LOCK_WAIT_MS = 1000;

/** Takes the browser's lock of that name; what lets go of it. Nothing where another tab has it. */
async function lock(name: string): Promise<(() => void) | undefined> {
  // Pages without a secure context have no locks.
  if (!('locks' in navigator)) return () => undefined;
  return new Promise((resolve) => {
    navigator.locks
      .request(name, { signal: AbortSignal.timeout(LOCK_WAIT_MS) }, () => new Promise<void>((release) => resolve(release)))
      .catch(() => resolve(undefined));
  });
}

/** Files in an IndexedDB database. */
export class IndexedDbFiles implements Files {
  readonly #database: IDBDatabase;
  readonly #release: () => void;
  #names: Map<string, File>;
  #nextId: number;
  /** Lists run one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /** Opens or makes the database. Rejects if another tab or engine has it open. */
  static async open(name: string): Promise<IndexedDbFiles> {
    const full = `hyla:${name}`;
    const release = await lock(full);
    if (!release) {
      throw new Error(`the store "${name}" is open in another tab or engine; close it there first`);
    }
    try {
      const database = await openDatabase(full);
      // Best effort: without it the browser may drop the data when the disk runs full.
      await navigator.storage?.persist?.().catch(() => false);
      const names = database.transaction(NAMES).objectStore(NAMES);
      const [paths, files] = await Promise.all([settled(names.getAllKeys()), settled(names.getAll())]);
      const entries = paths.map((path, index): Name => [path as string, files[index] as File]);
      return new IndexedDbFiles(database, release, new Map(entries));
    } catch (error) {
      release();
      throw error;
    }
  }

  private constructor(database: IDBDatabase, release: () => void, names: Map<string, File>) {
    this.#database = database;
    this.#release = release;
    this.#names = names;
    this.#nextId = 1 + Math.max(0, ...[...names.values()].map((file) => file.id));
    // Another tab wants to delete the database.
    database.onversionchange = () => void this.close();
  }

  run(ops: readonly FileOp[]): Promise<Answer[]> {
    const run = this.#last.then(() => this.#run(ops));
    this.#last = run.catch(() => undefined);
    return run;
  }

  async close(): Promise<void> {
    await this.#last;
    this.#database.close();
    this.#release();
  }

  async #run(ops: readonly FileOp[]): Promise<Answer[]> {
    let at = 0;
    try {
      const reads = ops.every(({ op }) => op === 'list' || op === 'size' || op === 'read');
      const durability = ops.some(({ op }) => op === 'sync' || op === 'syncdir') ? 'strict' : 'relaxed';
      const transaction = this.#database.transaction([NAMES, PIECES], reads ? 'readonly' : 'readwrite', { durability });
      const end = committed(transaction);
      // A failed operation is told by its own promise.
      end.catch(() => undefined);
      const list = new List(transaction, new Map(this.#names), this.#nextId);
      const answers: Answer[] = [];
      try {
        for (const op of ops) {
          if (await list.operate(op)) answers.push(list.answer);
          at += 1;
        }
      } catch (error) {
        try {
          transaction.abort();
        } catch {
          // It has ended by itself.
        }
        throw error;
      }
      transaction.commit?.();
      await end;
      this.#names = list.names;
      this.#nextId = list.nextId;
      return answers;
    } catch (error) {
      throw failure(Math.min(at, ops.length - 1), error);
    }
  }
}

/** There is no such file. */
class Missing extends Error {}

function failure(at: number, error: unknown): FileFailure {
  const { name, message } = error as Error;
  if (error instanceof Missing) return new FileFailure(at, 'missing', message);
  if (name === 'QuotaExceededError') {
    return new FileFailure(at, 'full', "the browser's quota for this site is used up", { cause: error });
  }
  return new FileFailure(at, 'other', message || name, { cause: error });
}

/** One list of operations inside its transaction. */
class List {
  readonly names: Map<string, File>;
  nextId: number;
  answer: Answer;
  readonly #stored: IDBObjectStore;
  readonly #pieces: IDBObjectStore;

  constructor(transaction: IDBTransaction, names: Map<string, File>, nextId: number) {
    this.#stored = transaction.objectStore(NAMES);
    this.#pieces = transaction.objectStore(PIECES);
    this.names = names;
    this.nextId = nextId;
  }

  /** Runs one operation. True if it has an answer. */
  async operate(op: FileOp): Promise<boolean> {
    switch (op.op) {
      case 'makedir':
      case 'sync':
      case 'syncdir':
        // Directories are parts of names; the transaction's durability is chosen by the whole list.
        return false;
      case 'create':
        this.#drop(op.path);
        this.#name(op.path, { id: this.nextId++, size: 0 });
        return false;
      case 'append': {
        const file = this.names.get(op.path) ?? { id: this.nextId++, size: 0 };
        if (op.bytes.length > 0) this.#pieces.add(op.bytes, [file.id, file.size]);
        this.#name(op.path, { id: file.id, size: file.size + op.bytes.length });
        return false;
      }
      case 'rename': {
        const file = this.#file(op.path);
        if (op.path === op.to) return false;
        this.#drop(op.to);
        this.names.delete(op.path);
        this.#stored.delete(op.path);
        this.#name(op.to, file);
        return false;
      }
      case 'remove':
        this.#drop(op.path);
        return false;
      case 'truncate':
        await this.#truncate(op.path, op.size);
        return false;
      case 'list': {
        const inside = op.path === '.' || op.path === '' ? '' : `${op.path}/`;
        const names = [...this.names.keys()].filter((path) => path.startsWith(inside));
        this.answer = names.map((path) => path.slice(inside.length)).filter((name) => !name.includes('/'));
        return true;
      }
      case 'size':
        this.answer = this.names.get(op.path)?.size;
        return true;
      case 'read':
        this.answer = await this.#read(op.path, op.from, op.size);
        return true;
    }
  }

  #file(path: string): File {
    const file = this.names.get(path);
    if (!file) throw new Missing(`${path}: No such file or directory`);
    return file;
  }

  #name(path: string, file: File): void {
    this.names.set(path, file);
    this.#stored.put(file, path);
  }

  #drop(path: string): void {
    const file = this.names.get(path);
    if (!file) return;
    this.names.delete(path);
    this.#stored.delete(path);
    this.#pieces.delete(IDBKeyRange.bound([file.id, 0], [file.id, Infinity]));
  }

  /** The offset of the piece that has the byte at `at`. */
  async #pieceAt(file: File, at: number): Promise<number> {
    const cursor = await settled(
      this.#pieces.openKeyCursor(IDBKeyRange.bound([file.id, 0], [file.id, at]), 'prev'),
    );
    return cursor ? (cursor.key as [number, number])[1] : 0;
  }

  async #truncate(path: string, size: number): Promise<void> {
    const file = this.#file(path);
    if (size >= file.size) return;
    const start = await this.#pieceAt(file, size);
    const piece = (await settled(this.#pieces.get([file.id, start]))) as Uint8Array | undefined;
    this.#pieces.delete(IDBKeyRange.bound([file.id, start], [file.id, Infinity]));
    if (piece && size > start) this.#pieces.add(piece.slice(0, size - start), [file.id, start]);
    this.#name(path, { id: file.id, size });
  }

  async #read(path: string, from: number, size: number): Promise<Uint8Array<ArrayBuffer>> {
    const file = this.#file(path);
    const end = Math.min(file.size, from + size);
    const bytes = new Uint8Array(Math.max(0, end - from));
    if (bytes.length === 0) return bytes;
    const start = await this.#pieceAt(file, from);
    const range = IDBKeyRange.bound([file.id, start], [file.id, end], false, true);
    const [keys, pieces] = await Promise.all([
      settled(this.#pieces.getAllKeys(range)),
      settled(this.#pieces.getAll(range)),
    ]);
    let reached = from;
    keys.forEach((key, index) => {
      const offset = (key as [number, number])[1];
      const piece = pieces[index] as Uint8Array;
      if (offset > reached) throw new Error(`${path}: bytes ${reached} to ${offset} are not in the store`);
      const part = piece.subarray(Math.max(0, from - offset), end - offset);
      bytes.set(part, Math.max(0, offset - from));
      reached = offset + piece.length;
    });
    if (reached < end) throw new Error(`${path}: bytes ${reached} to ${end} are not in the store`);
    return bytes;
  }
}

// All data as one RDB file, and back: what redis-server calls dump.rdb. Goes through the engine's own files.

import { Core } from './core.js';
import { MemoryFiles } from './files/memory.js';
import type { Reply } from './types.js';

/** Where the engine writes and reads a snapshot: its `dbfilename`. */
const PATH = 'dump.rdb';
/** How often is asked whether the engine still writes one, in milliseconds. */
const IDLE_EVERY_MS = 10;

/** Runs one command on a connection of its own. */
export type Run = (name: string, ...args: string[]) => Promise<Reply>;

/** A field of INFO. */
async function info(run: Run, field: string): Promise<string | undefined> {
  const text = String(await run('INFO', 'persistence'));
  return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(text)?.[1];
}

/** Waits until no snapshot is being written and the append-only file is not being rewritten. */
async function idle(run: Run): Promise<void> {
  const busy = async () =>
    (await info(run, 'rdb_bgsave_in_progress')) === '1' ||
    (await info(run, 'aof_rewrite_in_progress')) === '1' ||
    (await info(run, 'aof_rewrite_scheduled')) === '1';
  while (await busy()) await new Promise((resolve) => setTimeout(resolve, IDLE_EVERY_MS));
}

/** What the files have at `PATH`; nothing where there is no such file. */
async function read(core: Core): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const [size] = await core.files.run([{ op: 'size', path: PATH }]);
  if (typeof size !== 'number') return undefined;
  const [bytes] = await core.files.run([{ op: 'read', path: PATH, from: 0, size }]);
  return bytes as Uint8Array<ArrayBuffer>;
}

/** The data as an RDB file. */
export async function exportRdb(core: Core, run: Run): Promise<Uint8Array<ArrayBuffer>> {
  const [before] = await core.files.run([{ op: 'size', path: PATH }]);
  await idle(run);
  await run('SAVE');
  const bytes = await read(core);
  if (!bytes) throw new Error('the engine wrote no file');
  if (before === undefined) await core.files.run([{ op: 'remove', path: PATH }]);
  return bytes;
}

/** Replaces all data with that of an RDB file. A file that cannot be read is refused, and nothing changes. */
export async function importRdb(core: Core, run: Run, bytes: Uint8Array): Promise<void> {
  // What an engine of its own can read, this one can.
  const trial = await Core.create({ files: new MemoryFiles({ [PATH]: bytes }), note: () => undefined });
  trial.stop();
  await idle(run);
  const earlier = await read(core);
  await put(core, bytes);
  try {
    await run('DEBUG', 'RELOAD', 'NOSAVE');
  } finally {
    if (earlier) await put(core, earlier);
    else await core.files.run([{ op: 'remove', path: PATH }]);
  }
  if ((await info(run, 'aof_enabled')) !== '1') return;
  // What was loaded is in no append-only file yet.
  await run('BGREWRITEAOF');
  await idle(run);
  if ((await info(run, 'aof_last_bgrewrite_status')) !== 'ok') {
    throw new Error('the data was loaded but could not be stored: it is gone when the engine closes');
  }
}

async function put(core: Core, bytes: Uint8Array): Promise<void> {
  await core.files.run([
    { op: 'create', path: PATH },
    { op: 'append', path: PATH, bytes },
    { op: 'sync', path: PATH },
  ]);
}

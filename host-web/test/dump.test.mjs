// All data as dump.rdb and back.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Hyla } from 'hyla';

async function filled(options) {
  const db = await Hyla.create(options);
  await db
    .pipeline()
    .set('greeting', 'hello')
    .set('brief', 'x', { PX: 100_000 })
    .hset('hash', { field: 'value' })
    .rpush('list', 1, 2, 3)
    .zadd('scores', 1.5, 'a')
    .xadd('stream', '1-1', 'k', 'v')
    .run();
  return db;
}

async function digest(db) {
  return db.command('DEBUG', 'DIGEST');
}

test('an exported file has all data, and an import replaces all', async () => {
  const first = await filled();
  const bytes = await first.exportRdb();
  assert.equal(new TextDecoder().decode(bytes.subarray(0, 9)), 'REDIS0010');
  const second = await Hyla.create();
  await second.set('earlier', 'gone');
  await second.importRdb(bytes);
  assert.equal(await second.exists('earlier'), 0);
  assert.equal(await digest(second), await digest(first));
  assert.ok((await second.pttl('brief')) > 0);
  first.close();
  second.close();
});

test('an export in the middle of a transaction has what is there', async () => {
  const db = await filled();
  await db.multi();
  await db.set('queued', 1);
  const bytes = await db.exportRdb();
  await db.exec();
  const other = await Hyla.create();
  await other.importRdb(bytes);
  assert.equal(await other.exists('queued'), 0);
  assert.equal(await other.get('greeting'), 'hello');
  db.close();
  other.close();
});

test('a file that cannot be read changes nothing', async () => {
  const db = await filled();
  const before = await digest(db);
  const bytes = await db.exportRdb();
  for (const bad of [new Uint8Array([1, 2, 3]), bytes.subarray(0, bytes.length - 20), bytes.with(40, bytes[40] ^ 1)]) {
    await assert.rejects(db.importRdb(bad), Error);
    assert.equal(await digest(db), before);
  }
  db.close();
});

test('what was imported into a store is there after opening again', async () => {
  const store = await mkdtemp(join(tmpdir(), 'hyla-dump-'));
  try {
    const source = await filled();
    const first = await Hyla.create({ store, appendfsync: 'always' });
    await first.set('earlier', 'gone');
    await first.importRdb(await source.exportRdb());
    await first.incr('later');
    first.close();
    const second = await Hyla.create({ store });
    assert.equal(await second.exists('earlier'), 0);
    assert.equal(await second.get('later'), '1');
    await second.del('later');
    assert.equal(await digest(second), await digest(source));
    source.close();
    second.close();
  } finally {
    await rm(store, { recursive: true });
  }
});

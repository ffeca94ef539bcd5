// Data that stays: the engine's files in a directory.
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FileFailure, Hyla } from 'hyla';

async function inDirectory(run) {
  const directory = await mkdtemp(join(tmpdir(), 'hyla-store-'));
  try {
    await run(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

for (const appendfsync of ['always', 'everysec', 'no']) {
  test(`what was written with appendfsync ${appendfsync} is there after opening again`, () =>
    inDirectory(async (store) => {
      const first = await Hyla.create({ store, appendfsync });
      await first.set('greeting', 'hello');
      await first.hset('hash', { field: 'value' });
      await first.pipeline().rpush('list', 1, 2, 3).zadd('scores', 1.5, 'a').xadd('stream', '1-1', 'k', 'v').run();
      await first.shutdown().catch(() => undefined);
      const second = await Hyla.create({ store, appendfsync });
      assert.equal(await second.get('greeting'), 'hello');
      assert.deepEqual([...(await second.hgetall('hash'))], [['field', 'value']]);
      assert.deepEqual(await second.lrange('list', 0, -1), ['1', '2', '3']);
      assert.equal(await second.zscore('scores', 'a'), 1.5);
      assert.equal(await second.xlen('stream'), 1);
      second.close();
    }));
}

test('an answered change survives without a goodbye under always', () =>
  inDirectory(async (store) => {
    const first = await Hyla.create({ store, appendfsync: 'always' });
    for (let i = 0; i < 100; i += 1) await first.incr('n');
    first.close();
    const second = await Hyla.create({ store, appendfsync: 'always' });
    assert.equal(await second.get('n'), '100');
    second.close();
  }));

test('a half-written end is left out, and said', () =>
  inDirectory(async (store) => {
    const first = await Hyla.create({ store, appendfsync: 'always' });
    await first.set('a', '1');
    first.close();
    const folder = join(store, 'appendonlydir');
    const increment = (await readdir(folder)).find((name) => name.includes('.incr.'));
    await appendFile(join(folder, increment), '*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$5\r\nha');
    const lines = [];
    const second = await Hyla.create({ store, log: (line) => lines.push(line) });
    assert.equal(await second.get('a'), '1');
    assert.equal(await second.exists('b'), 0);
    assert.ok(lines.some((line) => /truncat/i.test(line)), lines.join('\n'));
    second.close();
  }));

test('what cannot be stored is refused', async () => {
  let full = false;
  const contents = new Map();
  const files = {
    async run(ops) {
      if (full) throw new FileFailure(0, 'full', 'No space left on device');
      return ops.flatMap((op) => {
        const content = contents.get(op.path);
        if (op.op === 'append') contents.set(op.path, Buffer.concat([content ?? Buffer.alloc(0), op.bytes]));
        if (op.op === 'create') contents.set(op.path, Buffer.alloc(0));
        if (op.op === 'remove') contents.delete(op.path);
        if (op.op === 'rename') {
          contents.set(op.to, content);
          contents.delete(op.path);
        }
        if (op.op === 'size') return [content?.length];
        if (op.op === 'list') return [[]];
        if (op.op === 'read') return [new Uint8Array(content.subarray(op.from, op.from + op.size))];
        return [];
      });
    },
    async close() {},
  };
  const db = await Hyla.create({ store: files, appendfsync: 'everysec', log: () => undefined });
  await db.set('a', '1');
  full = true;
  await assert.rejects(async () => {
    for (let i = 0; i < 40; i += 1) {
      await db.set('a', '2');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }, /MISCONF/);
  assert.equal(typeof (await db.get('a')), 'string');
  full = false;
  db.close();
});

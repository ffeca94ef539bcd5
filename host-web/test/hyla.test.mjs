// The package as its users see it, in Node.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Client, Hyla, HylaError, Reader, decode, encode, version } from 'hyla';
import { commands, syntax } from 'hyla/commands';

const text = (string) => new TextEncoder().encode(string);

describe('commands', () => {
  let db;
  before(async () => {
    db = await Hyla.create({ seed: 1n });
  });
  after(() => db.close());

  test('a string comes back', async () => {
    assert.equal(await db.set('k', 'v'), 'OK');
    assert.equal(await db.get('k'), 'v');
    assert.equal(await db.get('missing'), null);
  });

  test('options are written by name', async () => {
    assert.equal(await db.set('opt', '1', { NX: true, EX: 100 }), 'OK');
    assert.equal(await db.set('opt', '2', { NX: true }), null);
    assert.equal(await db.set('opt', '3', { GET: true }), '1');
    assert.equal(await db.command('SET', 'opt', '4', 'XX', 'KEEPTTL'), 'OK');
    assert.equal(await db.get('opt'), '4');
  });

  test('bytes stay bytes', async () => {
    const value = new Uint8Array([0, 255, 13, 10, 128]);
    await db.set('bin', value);
    assert.deepEqual(await db.bytes.get('bin'), value);
  });

  test('an error rejects', async () => {
    await assert.rejects(db.command('NOSUCH', 'x'), (error) => {
      assert.ok(error instanceof HylaError);
      assert.equal(error.code, 'ERR');
      return error.message.startsWith("ERR unknown command 'NOSUCH'");
    });
    await assert.rejects(db.command('GET'), /^HylaError: ERR wrong number of arguments for 'get' command$/);
  });

  test('a pipeline answers in order, errors among the replies', async () => {
    const replies = await db.pipeline().set('p', 1).get('p').command('NOSUCH').get('p').run();
    assert.deepEqual([replies[0], replies[1], replies[3]], ['OK', '1', '1']);
    assert.ok(replies[2] instanceof HylaError);
    assert.deepEqual(await db.pipeline().run(), []);
  });

  test('a pipeline longer than a slice of the engine', async () => {
    const pipeline = db.pipeline();
    for (let i = 0; i < 20_000; i += 1) pipeline.set(`n${i}`, i);
    const replies = await pipeline.run();
    assert.equal(replies.length, 20_000);
    assert.ok(replies.every((reply) => reply === 'OK'));
    assert.equal(await db.get('n19999'), '19999');
  });

  test('a megabyte there and back', async () => {
    const value = 'x'.repeat(1 << 20);
    await db.set('big', value);
    assert.equal(await db.get('big'), value);
  });

  test('an expired key is gone', async () => {
    await db.set('soon', 'v', { PX: 20 });
    await new Promise((resolve) => setTimeout(resolve, 40));
    assert.equal(await db.get('soon'), null);
  });

  test('engines share nothing', async () => {
    const other = await Hyla.create();
    await db.set('mine', '1');
    assert.equal(await other.get('mine'), null);
    other.close();
    assert.equal(await db.get('mine'), '1');
    await assert.rejects(other.get('mine'), /closed/);
    assert.throws(() => other.connect(), /closed/);
  });

  test('every command of the table has its method', () => {
    assert.ok(commands.length >= 3);
    for (const { name } of commands) {
      if (name === 'COMMAND') continue;
      const method = name.toLowerCase().replace(/[-_ |](.)/g, (_, letter) => letter.toUpperCase());
      assert.equal(typeof Client.prototype[method], 'function', name);
    }
  });

  test('the package has the version of its engine', () => {
    const { version: published } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    assert.equal(version, published);
  });

  test('syntax reads like a manual', () => {
    const set = commands.find(({ name }) => name === 'SET');
    assert.match(syntax(set.arguments), /^key value \[NX \| XX.*\] \[GET\] \[EX seconds \| PX milliseconds/);
  });
});

describe('byte connections', () => {
  test('RESP in, RESP out', async () => {
    const db = await Hyla.create();
    const connection = db.connect();
    let received = '';
    connection.ondata = (bytes) => {
      received += new TextDecoder().decode(bytes);
    };
    connection.write('SET k v\r\nGE');
    connection.write('T k\r\n');
    assert.equal(received, '+OK\r\n$1\r\nv\r\n');
    db.close();
  });

  test('web streams', async () => {
    const db = await Hyla.create();
    const { readable, writable } = db.connect();
    const writer = writable.getWriter();
    const reader = readable.getReader();
    await writer.write(encode(['PING', 'streams']));
    const { value } = await reader.read();
    assert.equal(new TextDecoder().decode(value), '$7\r\nstreams\r\n');
    await writer.close();
    assert.equal((await reader.read()).done, true);
    db.close();
  });

  test('a protocol error closes its connection alone', async () => {
    const db = await Hyla.create();
    const connection = db.connect();
    let received = '';
    let ended = false;
    connection.ondata = (bytes) => {
      received += new TextDecoder().decode(bytes);
    };
    connection.onend = () => {
      ended = true;
    };
    connection.write('*1\r\n!bad\r\n');
    assert.match(received, /^-ERR Protocol error: expected '\$', got '!'\r\n$/);
    assert.ok(ended);
    assert.throws(() => connection.write('PING\r\n'), /closed/);
    assert.equal(await db.ping(), 'PONG');
    db.close();
  });

  test('a listener may write, and close everything', async () => {
    const db = await Hyla.create();
    const connection = db.connect();
    const received = [];
    connection.ondata = (bytes) => {
      received.push(new TextDecoder().decode(bytes));
      if (received.length === 1) connection.write('PING again\r\n');
      else db.close();
    };
    connection.write('PING\r\n');
    assert.deepEqual(received, ['+PONG\r\n', '$5\r\nagain\r\n']);
    assert.throws(() => connection.write('PING\r\n'), /closed/);
    connection.close();
  });

  test('closing ends the streams of all connections', async () => {
    const db = await Hyla.create();
    const reader = db.connect().readable.getReader();
    db.close();
    await assert.rejects(reader.read(), /closed/);
  });
});

describe('RESP', () => {
  const read = (wire, options) => {
    const reader = new Reader();
    // A byte at a time: no cut may lose anything.
    let node;
    for (const byte of text(wire)) {
      assert.equal(node, undefined);
      reader.push(new Uint8Array([byte]));
      node = reader.next();
    }
    return decode(node, options);
  };

  test('every type', () => {
    assert.equal(read('+OK\r\n'), 'OK');
    assert.equal(read(':-7\r\n'), -7);
    assert.equal(read(':9223372036854775807\r\n'), 9223372036854775807n);
    assert.equal(read('$-1\r\n'), null);
    assert.equal(read('*-1\r\n'), null);
    assert.equal(read('_\r\n'), null);
    assert.equal(read('#t\r\n'), true);
    assert.equal(read(',-inf\r\n'), -Infinity);
    assert.equal(read(',1.5\r\n'), 1.5);
    assert.equal(read('(3492890328409238509324850943850943825024385\r\n'), 3492890328409238509324850943850943825024385n);
    assert.equal(read('=8\r\ntxt:text\r\n'), 'text');
    assert.deepEqual(read('*2\r\n:1\r\n*1\r\n$0\r\n\r\n'), [1, ['']]);
    assert.deepEqual(read('~1\r\n+a\r\n'), new Set(['a']));
    assert.deepEqual(read('%1\r\n+a\r\n:1\r\n'), new Map([['a', 1]]));
    assert.deepEqual(read('%1\r\n+a\r\n:1\r\n', { maps: 'object' }), { a: 1 });
    assert.equal(read('-WRONGTYPE no\r\n').code, 'WRONGTYPE');
    assert.equal(read('|1\r\n+a\r\n:1\r\n:2\r\n'), 2);
  });

  test('arguments', () => {
    const wire = (...args) => new TextDecoder().decode(encode(args));
    assert.equal(wire('A', 1, 2n, -Infinity), '*4\r\n$1\r\nA\r\n$1\r\n1\r\n$1\r\n2\r\n$4\r\n-inf\r\n');
    assert.equal(wire('A', { EX: 1, NX: true, XX: false, PX: undefined, LIMIT: [0, 9] }, undefined),
      wire('A', 'EX', 1, 'NX', 'LIMIT', 0, 9));
    assert.equal(wire('MSET', { a: 1, b: 'é' }), wire('MSET', ['a', '1'], [['b'], 'é']));
    assert.throws(() => encode([]), TypeError);
    assert.throws(() => encode(['A', null]), TypeError);
  });

  test('what is no RESP is refused', () => {
    const reader = new Reader();
    reader.push(text('?\r\n'));
    assert.throws(() => reader.next(), /no RESP type/);
  });
});

test('a command that waits keeps the process alive, and nothing else does', () => {
  const run = (code) => {
    const program = `import { Hyla } from 'hyla'; const db = await Hyla.create(); ${code}`;
    const options = { cwd: new URL('.', import.meta.url), encoding: 'utf8', timeout: 20_000 };
    return spawnSync(process.execPath, ['--input-type=module', '--eval', program], options);
  };
  const waiting = run("console.log(await db.blpop('none', 0.2));");
  assert.deepEqual([waiting.status, waiting.stdout], [0, 'null\n'], waiting.stderr);
  const idle = run("await db.set('k', 'v', { EX: 1000 });");
  assert.equal(idle.status, 0, idle.stderr);
});

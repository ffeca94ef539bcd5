// What every place for files has to do. Runs in Node and in a page, so it needs nothing of either.

const bytes = (text) => new TextEncoder().encode(text);

function same(actual, expected, what) {
  const plain = (value) => JSON.stringify(value instanceof Uint8Array ? [...value] : (value ?? null));
  if (plain(actual) !== plain(expected)) throw new Error(`${what}: ${plain(actual)} in place of ${plain(expected)}`);
}

async function fails(run, at, kind) {
  try {
    await run;
  } catch (error) {
    same([error.name, error.at, error.kind], ['FileFailure', at, kind], `failure "${error.message}"`);
    return;
  }
  throw new Error(`nothing failed, in place of operation ${at}`);
}

/** The cases by name; each gets a fresh place, and a way to close it and open it again. */
export const cases = {
  'appended bytes come back in any piece': async (files) => {
    const path = 'log/a.aof';
    await files.run([
      { op: 'makedir', path: 'log' },
      { op: 'create', path },
      { op: 'append', path, bytes: bytes('0123') },
      { op: 'append', path, bytes: bytes('') },
      { op: 'append', path, bytes: bytes('4567') },
      { op: 'sync', path },
      { op: 'syncdir', path: 'log' },
    ]);
    for (const [from, size] of [[0, 8], [0, 100], [2, 4], [3, 1], [4, 4], [7, 1], [8, 5], [20, 5]]) {
      const [read] = await files.run([{ op: 'read', path, from, size }]);
      same(read, bytes('01234567'.slice(from, from + size)), `read ${from}+${size}`);
    }
    same(await files.run([{ op: 'size', path }, { op: 'size', path: 'none' }]), [8, undefined], 'sizes');
  },

  'a file is cut anywhere': async (files) => {
    for (const size of [0, 1, 3, 4, 5, 8, 9]) {
      const path = `cut-${size}`;
      const [read] = await files.run([
        { op: 'append', path, bytes: bytes('0123') },
        { op: 'append', path, bytes: bytes('4567') },
        { op: 'truncate', path, size: Math.min(size, 8) },
        { op: 'append', path, bytes: bytes('x') },
        { op: 'read', path, from: 0, size: 20 },
      ]);
      same(read, bytes(`${'01234567'.slice(0, size)}x`), `cut at ${size}`);
    }
  },

  'a rename takes the place of what was there': async (files) => {
    const answers = await files.run([
      { op: 'append', path: 'old', bytes: bytes('old') },
      { op: 'append', path: 'new', bytes: bytes('newer') },
      { op: 'rename', path: 'new', to: 'old' },
      { op: 'append', path: 'old', bytes: bytes('!') },
      { op: 'read', path: 'old', from: 0, size: 10 },
      { op: 'size', path: 'new' },
      { op: 'list', path: '.' },
    ]);
    same(answers, [bytes('newer!'), undefined, ['old']], 'after the rename');
  },

  'create empties and remove forgives': async (files) => {
    const answers = await files.run([
      { op: 'append', path: 'a', bytes: bytes('long') },
      { op: 'create', path: 'a' },
      { op: 'size', path: 'a' },
      { op: 'remove', path: 'a' },
      { op: 'remove', path: 'a' },
      { op: 'size', path: 'a' },
      { op: 'list', path: 'nowhere' },
    ]);
    same(answers, [0, undefined, []], 'answers');
  },

  'a list names the files of its own directory': async (files) => {
    const answers = await files.run([
      { op: 'makedir', path: 'dir' },
      { op: 'makedir', path: 'dir' },
      { op: 'append', path: 'dir/b', bytes: bytes('b') },
      { op: 'append', path: 'top', bytes: bytes('t') },
      { op: 'list', path: 'dir' },
      { op: 'list', path: '.' },
    ]);
    same(answers, [['b'], ['top']], 'names');
  },

  'a failure names its operation': async (files) => {
    await fails(files.run([{ op: 'size', path: 'x' }, { op: 'read', path: 'none', from: 0, size: 1 }]), 1, 'missing');
    await fails(files.run([{ op: 'rename', path: 'none', to: 'x' }]), 0, 'missing');
    // The place goes on working.
    same(await files.run([{ op: 'append', path: 'x', bytes: bytes('x') }, { op: 'size', path: 'x' }]), [1], 'after it');
  },

  'what was stored is there after reopening': async (files, reopen) => {
    await files.run([
      { op: 'append', path: 'kept', bytes: bytes('kept') },
      { op: 'append', path: 'gone', bytes: bytes('gone') },
      { op: 'sync', path: 'kept' },
    ]);
    await files.run([{ op: 'remove', path: 'gone' }, { op: 'syncdir', path: '.' }]);
    const again = await reopen();
    const answers = await again.run([
      { op: 'append', path: 'kept', bytes: bytes('!') },
      { op: 'append', path: 'other', bytes: bytes('other') },
      { op: 'read', path: 'kept', from: 0, size: 10 },
      { op: 'list', path: '.' },
    ]);
    same([...answers[0]], [...bytes('kept!')], 'content');
    same([...answers[1]].sort(), ['kept', 'other'], 'names');
    await again.close();
  },

  'lists run one after the other': async (files) => {
    const path = 'order';
    const runs = [];
    for (let i = 0; i < 50; i += 1) runs.push(files.run([{ op: 'append', path, bytes: bytes(`${i},`) }]));
    await Promise.all(runs);
    const [read] = await files.run([{ op: 'read', path, from: 0, size: 1000 }]);
    same(read, bytes([...Array(50).keys()].map((i) => `${i},`).join('')), 'order');
  },
};

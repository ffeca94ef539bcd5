// Every JavaScript example of the README runs, and prints what its comments say.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { format } from 'node:util';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]);

test('there are examples', () => assert.ok(examples.length >= 3));

for (const [number, source] of examples.entries()) {
  test(`README example ${number + 1}`, async () => {
    const file = new URL(`./.example-${number + 1}.mjs`, import.meta.url);
    writeFileSync(file, source);
    const printed = [];
    const { log } = console;
    // Examples may leave files.
    const before = process.cwd();
    const directory = mkdtempSync(join(tmpdir(), 'hyla-readme-'));
    process.chdir(directory);
    console.log = (...values) => printed.push(format(...values));
    try {
      await import(file.href);
    } finally {
      console.log = log;
      process.chdir(before);
      rmSync(file);
      rmSync(directory, { recursive: true });
    }
    const expected = [...source.matchAll(/console\.log\(.*\);? +\/\/ (.*)$/gm)].map((match) => match[1]);
    assert.deepEqual(printed, expected);
  });
}

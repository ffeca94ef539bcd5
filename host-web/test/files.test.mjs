// A directory as a place for files, in Node.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFiles } from '../pkg/files/index.js';
import { cases } from './files.contract.mjs';

for (const [name, run] of Object.entries(cases)) {
  test(name, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'hyla-files-'));
    try {
      const files = await openFiles(join(directory, 'made/here'));
      const reopen = async () => {
        await files.close();
        return openFiles(join(directory, 'made/here'));
      };
      await run(files, reopen);
      await files.close();
    } finally {
      await rm(directory, { recursive: true });
    }
  });
}

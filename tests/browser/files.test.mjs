// IndexedDB as a place for files, in Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cases } from '../../host-web/test/files.contract.mjs';
import { launch } from './browser.mjs';
import { serve } from './server.mjs';

let server;
let browser;
before(async () => {
  server = await serve();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.stop();
});

/** A fresh page of a fresh profile. */
async function inPage(run) {
  const context = await browser.newContext();
  const page = await context.newPage();
  try {
    await page.goto(`${server.origin}/bare.html`);
    await run(page, context);
  } finally {
    await context.close();
  }
}

for (const name of Object.keys(cases)) {
  test(name, () =>
    inPage((page) =>
      page.evaluate(async (name) => {
        const { openFiles } = await import('/hyla/files/index.js');
        const { cases } = await import('/cases/files.contract.mjs');
        const files = await openFiles('store');
        await cases[name](files, async () => {
          await files.close();
          return openFiles('store');
        });
      }, name),
    ),
  );
}

test('a list happens as a whole or not at all', () =>
  inPage(async (page) => {
    const sizes = await page.evaluate(async () => {
      const { openFiles } = await import('/hyla/files/index.js');
      const files = await openFiles('store');
      const bytes = new Uint8Array([1, 2, 3]);
      await files.run([{ op: 'append', path: 'a', bytes }]);
      const failed = await files
        .run([
          { op: 'append', path: 'a', bytes },
          { op: 'append', path: 'b', bytes },
          { op: 'rename', path: 'none', to: 'a' },
        ])
        .catch((error) => error.at);
      await files.close();
      const again = await openFiles('store');
      return [failed, ...(await again.run([{ op: 'size', path: 'a' }, { op: 'size', path: 'b' }]))];
    });
    assert.deepEqual(sizes, [2, 3, undefined]);
  }));

test('a second tab is refused until the first lets go', () =>
  inPage(async (page, context) => {
    const other = await context.newPage();
    await other.goto(`${server.origin}/bare.html`);
    await page.evaluate(async () => {
      const { openFiles } = await import('/hyla/files/index.js');
      globalThis.files = await openFiles('shared');
    });
    const open = async () => {
      const { openFiles } = await import('/hyla/files/index.js');
      try {
        await openFiles('shared');
        return 'open';
      } catch (error) {
        return error.message;
      }
    };
    assert.match(await other.evaluate(open), /open in another tab/);
    await page.evaluate(() => globalThis.files.close());
    assert.equal(await other.evaluate(open), 'open');
  }));

test('a full quota is told as such, and nothing of the list stays', () =>
  inPage(async (page, context) => {
    const session = await context.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize: 200_000 });
    const outcome = await page.evaluate(async () => {
      const { openFiles } = await import('/hyla/files/index.js');
      const files = await openFiles('store');
      const bytes = crypto.getRandomValues(new Uint8Array(60_000));
      for (let count = 0; count < 100; count += 1) {
        try {
          await files.run([{ op: 'append', path: 'a', bytes }, { op: 'sync', path: 'a' }]);
        } catch (error) {
          const [size] = await files.run([{ op: 'size', path: 'a' }]);
          return [error.kind, size === count * bytes.length, count < 50];
        }
      }
      return 'never full';
    });
    assert.deepEqual(outcome, ['full', true, true]);
  }));

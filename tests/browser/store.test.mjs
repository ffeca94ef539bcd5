// Data that stays in the page's IndexedDB, in Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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

async function inProfile(run) {
  const context = await browser.newContext();
  const page = async () => {
    const page = await context.newPage();
    await page.goto(`${server.origin}/bare.html`);
    return page;
  };
  try {
    await run(page, context);
  } finally {
    await context.close();
  }
}

test('an answered change is there after the page was closed at once', () =>
  inProfile(async (open) => {
    const first = await open();
    await first.evaluate(async () => {
      const { Hyla } = await import('/hyla/index.js');
      const db = await Hyla.create({ store: 'data', appendfsync: 'always' });
      for (let i = 0; i < 200; i += 1) await db.rpush('list', `element ${i}`);
    });
    await first.close();
    const second = await open();
    const length = await second.evaluate(async () => {
      const { Hyla } = await import('/hyla/index.js');
      const db = await Hyla.create({ store: 'data' });
      return db.llen('list');
    });
    assert.equal(length, 200);
  }));

test('everysec stores within about a second', () =>
  inProfile(async (open) => {
    const first = await open();
    await first.evaluate(async () => {
      const { Hyla } = await import('/hyla/index.js');
      const db = await Hyla.create({ store: 'data' });
      await db.set('k', 'v');
      await new Promise((resolve) => setTimeout(resolve, 1500));
    });
    await first.close();
    const second = await open();
    const value = await second.evaluate(async () => {
      const { Hyla } = await import('/hyla/index.js');
      const db = await Hyla.create({ store: 'data' });
      return db.get('k');
    });
    assert.equal(value, 'v');
  }));

test('a rewrite leaves one small base', () =>
  inProfile(async (open) => {
    const page = await open();
    const [before, after, value] = await page.evaluate(async () => {
      const { Hyla } = await import('/hyla/index.js');
      const db = await Hyla.create({ store: 'data', appendfsync: 'always' });
      const size = async () => Number(/aof_current_size:(\d+)/.exec(await db.info('persistence'))[1]);
      for (let i = 0; i < 500; i += 1) await db.set('k', `${i}`.padEnd(200, '.'));
      const before = await size();
      await db.bgrewriteaof();
      while (/aof_rewrite_in_progress:1/.test(await db.info('persistence'))) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const after = await size();
      db.close();
      const again = await Hyla.create({ store: 'data' });
      return [before, after, await again.get('k')];
    });
    assert.ok(after < before / 20, `${after} of ${before}`);
    assert.ok(value.startsWith('499'));
  }));

test('a full quota refuses writes and loses nothing that was answered', () =>
  inProfile(async (open, context) => {
    const page = await open();
    const session = await context.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize: 600_000 });
    const answered = await page.evaluate(async () => {
      const { Hyla } = await import('/hyla/index.js');
      const db = await Hyla.create({ store: 'data', appendfsync: 'always', log: () => undefined });
      const value = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(15_000))));
      let answered = 0;
      try {
        for (; answered < 200; answered += 1) await db.set(`k${answered}`, value());
      } catch {
        return answered;
      }
      return 'never full';
    });
    assert.ok(answered > 5 && answered < 100, `${answered}`);
    await page.close();
    const second = await open();
    const again = await context.newCDPSession(second);
    await again.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize: 50_000_000 });
    const found = await second.evaluate(async (count) => {
      const { Hyla } = await import('/hyla/index.js');
      const db = await Hyla.create({ store: 'data', log: () => undefined });
      let found = 0;
      for (let i = 0; i < count; i += 1) found += await db.exists(`k${i}`);
      return found;
    }, answered);
    assert.equal(found, answered);
  }));

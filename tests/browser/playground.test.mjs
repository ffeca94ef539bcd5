// The built playground as a person meets it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { launch, open, screen, shows, type } from './browser.mjs';
import { serve } from './server.mjs';

const READY_MS_MAX = 30;

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

/** A test with a fresh page, which may not end with problems or foreign requests. */
function pageTest(name, options, body) {
  test(name, async (t) => {
    const { context, page, problems, requests } = await open(browser, server.origin, options);
    try {
      await body(page, t);
      assert.deepEqual(problems, []);
      assert.deepEqual(requests.filter((url) => !url.startsWith(server.origin)), []);
    } finally {
      await context.close();
    }
  });
}

describe('the engine', () => {
  test(`is ready within ${READY_MS_MAX} ms`, async (t) => {
    // The package as it is, unbundled, on a page of its own: from the call to the first answer.
    const page = await browser.newPage();
    const times = [];
    for (let round = 0; round < 10; round += 1) {
      await page.goto(`${server.origin}/bare.html`);
      times.push(
        await page.evaluate(async () => {
          const { Hyla } = await import('/hyla/index.js');
          const start = performance.now();
          const db = await Hyla.create();
          await db.ping();
          return performance.now() - start;
        }),
      );
    }
    await page.close();
    times.sort((left, right) => left - right);
    t.diagnostic(`ready after ${times.map((time) => time.toFixed(1)).join(', ')} ms`);
    assert.ok(times[0] < READY_MS_MAX, `the fastest of ${times.length} took ${times[0]} ms`);
  });

  pageTest('goes on without a network', {}, async (page) => {
    await page.context().setOffline(true);
    await type(page, 'SET k offline', 'Enter', 'GET k', 'Enter');
    await shows(page, /"offline"/);
  });
});

describe('dump.rdb', () => {
  pageTest('is saved and opened again', {}, async (page) => {
    await type(page, 'SET k kept', 'Enter');
    await shows(page, /OK/);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#export')]);
    assert.equal(download.suggestedFilename(), 'dump.rdb');
    const bytes = await readFile(await download.path());
    assert.equal(bytes.subarray(0, 5).toString(), 'REDIS');
    await type(page, 'FLUSHALL', 'Enter', 'SET other 1', 'Enter');
    await shows(page, /FLUSHALL\nOK[^]*SET other 1\nOK/);
    await page.setInputFiles('#file', { name: 'mine.rdb', mimeType: 'application/octet-stream', buffer: bytes });
    await shows(page, /mine\.rdb is loaded: 1 key\./);
    await type(page, 'GET k', 'Enter');
    await shows(page, /"kept"/);
  });

  pageTest('that cannot be read changes nothing', {}, async (page) => {
    await type(page, 'SET k kept', 'Enter');
    await shows(page, /OK/);
    await page.setInputFiles('#file', { name: 'bad.rdb', mimeType: 'text/plain', buffer: Buffer.from('no such thing') });
    await shows(page, /bad\.rdb was not loaded, and nothing changed: .+/);
    await type(page, 'GET k', 'Enter');
    await shows(page, /"kept"/);
  });
});

describe('the terminal', () => {
  pageTest('runs commands', {}, async (page) => {
    await type(page, 'SET k "a b\\x01"', 'Enter');
    await shows(page, /hyla> SET k .*\nOK\nhyla>/);
    await type(page, 'GET k', 'Enter');
    await shows(page, /hyla> GET k\n"a b\\x01"\nhyla>/);
    await type(page, 'GET missing', 'Enter');
    await shows(page, /\(nil\)/);
  });

  pageTest('shows errors in red', {}, async (page) => {
    await type(page, 'GET', 'Enter');
    await shows(page, /\(error\) ERR wrong number of arguments for 'get' command/);
    const colour = await page.evaluate(() => {
      const span = [...document.querySelectorAll('.xterm-rows span')].find((it) => it.textContent.includes('(error)'));
      return getComputedStyle(span).color;
    });
    assert.equal(colour, 'rgb(179, 38, 30)');
    await type(page, 'GET "open', 'Enter');
    await shows(page, /quotes are not balanced/);
  });

  pageTest('completes with Tab', {}, async (page) => {
    await type(page, 'PIN', 'Tab');
    await shows(page, /hyla> PING /);
    await type(page, 'Enter');
    await shows(page, /PONG/);
    await type(page, 'set k v EXA', 'Tab');
    await shows(page, /hyla> set k v EXAT /);
    await type(page, 'Escape', 'set k v ke', 'Tab');
    await shows(page, /hyla> set k v keepttl /);
    await type(page, 'Escape', 'SET k v ', 'Tab');
    await shows(page, /NX +XX +IFEQ +GET +EX +PX/);
  });

  pageTest('hints at the arguments', {}, async (page) => {
    await type(page, 'SET ');
    await shows(page, /hyla> SET key value \[NX \| XX/);
    await type(page, 'k v EX ');
    await shows(page, /hyla> SET k v EX seconds \[NX \| XX.*\[GET\]/);
    await type(page, '10 NX ');
    await shows(page, /hyla> SET k v EX 10 NX \[GET\]$/);
    await type(page, 'Enter');
    await shows(page, /hyla> SET k v EX 10 NX\nOK/);
  });

  pageTest('remembers lines', {}, async (page) => {
    await type(page, 'SET first 1', 'Enter', 'SET second 2', 'Enter', 'unfinished', 'ArrowUp');
    await shows(page, /hyla> SET second 2.*$/);
    await type(page, 'ArrowUp');
    await shows(page, /hyla> SET first 1.*$/);
    await type(page, 'ArrowDown', 'ArrowDown');
    await shows(page, /hyla> unfinished$/);
  });

  pageTest('edits long and wide lines', { viewport: { width: 360, height: 640 } }, async (page) => {
    const value = '蛙声一片'.repeat(20);
    await type(page, `SET k ${value}`, 'Home', 'ArrowRight', 'ArrowRight', 'ArrowRight', ' x', 'Backspace', 'Backspace', 'Enter');
    await shows(page, /\nOK\nhyla>/);
    await type(page, 'GET k', 'Enter');
    await shows(page, /OK\nhyla> GET k\n"蛙声/);
    const text = (await screen(page)).replaceAll('\n', '');
    assert.ok(text.includes(`"${value}"hyla>`), text);
  });

  pageTest('explains commands', {}, async (page) => {
    await type(page, 'HELP get', 'Enter');
    await shows(page, /GET key\n +summary: .*\n +since: 1\.0\.0\n +group: string/);
    await type(page, 'CLEAR', 'Enter', 'help nothing', 'Enter');
    await shows(page, /^hyla> help nothing\nNo command or group is called NOTHING\./);
  });

  pageTest('opens a new connection where the engine closed one', {}, async (page) => {
    await page.locator('#examples button').first().click();
    await shows(page, /OK\nhyla>/);
    await type(page, 'QUIT', 'Enter', 'GET greeting', 'Enter');
    await shows(page, /"hello world"/);
  });

  pageTest('shows what comes on its own above the line', {}, async (page) => {
    await type(page, 'HELLO 3', 'Enter', 'SUBSCRIBE a b', 'Enter');
    await shows(page, /2\) "a"\n3\) \(integer\) 1\n1\) "subscribe"\n2\) "b"\n3\) \(integer\) 2\nhyla>/);
    await type(page, 'PUBLISH a hi', 'Enter');
    await shows(page, /1\) "message"\n2\) "a"\n3\) "hi"\nhyla>$/);
    await type(page, 'UNSUBSCRIBE', 'Enter', 'CLIENT TRACKING ON', 'Enter', 'SET k 1', 'Enter', 'GET k', 'Enter');
    await type(page, 'SET k 2', 'Enter', 'PING', 'Enter');
    await shows(page, /hyla> SET k 2\nOK\n1\) "invalidate"\n2\) 1\) "k"\nhyla> PING\nPONG\nhyla>$/);
  });

  pageTest('stops waiting with Control-C', {}, async (page) => {
    await type(page, 'BLPOP q 0', 'Enter', 'Control+c', 'PING', 'Enter');
    await shows(page, /The connection was closed; here is a new one\.\n(hyla> )?PONG|PONG\nhyla>$/);
  });

  pageTest('shows a monitor no commands of the page', {}, async (page) => {
    await type(page, 'MONITOR', 'Enter');
    await shows(page, /OK\nhyla>$/);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.doesNotMatch(await screen(page), /DBSIZE/);
  });

  pageTest('shows texts as they are', {}, async (page) => {
    await type(page, 'INFO keyspace', 'Enter');
    await shows(page, /INFO keyspace\n# Keyspace\nhyla>$/);
    await type(page, 'CLIENT INFO', 'Enter');
    await shows(page, /\nid=\d+ addr=/);
  });

  pageTest('says that the engine was shut down', {}, async (page) => {
    await type(page, 'SHUTDOWN', 'Enter');
    await page.waitForSelector('#status[data-state="failed"]');
    assert.match(await page.locator('#status').innerText(), /Reload the page/);
  });

  pageTest(
    'has the keys that a phone lacks',
    { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
    async (page) => {
      await type(page, 'PIN');
      await page.tap('#key-tab');
      await shows(page, /hyla> PING /);
      await type(page, 'Enter');
      await shows(page, /PONG\nhyla>$/);
      await page.tap('#key-up');
      await shows(page, /PONG\nhyla> PING/);
      await type(page, 'Escape', 'BLPOP q 0', 'Enter');
      await page.tap('#key-stop');
      await shows(page, /The connection was closed/);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    },
  );

  pageTest('runs the examples without an error', {}, async (page) => {
    for (const button of await page.locator('#examples button').all()) await button.click();
    await shows(page, /hyla>\s*$/);
    assert.doesNotMatch(await screen(page), /\(error\)/);
  });
});

describe('the page', () => {
  pageTest('changes its language', {}, async (page) => {
    assert.equal(await page.title(), 'Hyla playground');
    await page.click('#language');
    assert.equal(await page.title(), 'Hyla 演练场');
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh');
    assert.match(await page.locator('h1').innerText(), /演练场/);
    await type(page, 'HELP get', 'Enter');
    await shows(page, /说明: /);
    await page.click('#language');
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  });

  pageTest('begins in the language of the browser', { locale: 'zh-CN' }, async (page) => {
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh');
    await shows(page, /输入命令/);
  });

  for (const width of [360, 800, 1280]) {
    pageTest(`does not scroll sideways or shift at ${width}`, { viewport: { width, height: 640 } }, async (page) => {
      const { scrolled, shift } = await page.evaluate(async () => {
        const entries = await new Promise((resolve) => {
          new PerformanceObserver((list) => resolve(list.getEntries())).observe({ type: 'layout-shift', buffered: true });
          setTimeout(() => resolve([]), 300);
        });
        const shift = entries.reduce((sum, entry) => sum + entry.value, 0);
        return { scrolled: document.documentElement.scrollWidth, shift };
      });
      assert.equal(scrolled, width);
      assert.ok(shift < 0.05, `layout shift ${shift}`);
    });
  }

  pageTest('is walked through with Tab', {}, async (page) => {
    // From the heading on.
    await page.click('h1');
    const count = await page.locator('#examples button').count();
    const order = [];
    for (let step = 0; step < count + 3; step += 1) {
      await page.keyboard.press('Tab');
      order.push(
        await page.evaluate(() => {
          const active = document.activeElement;
          if (active.closest('#examples')) return 'example';
          return active.closest('#terminal') ? 'terminal' : active.id || active.tagName;
        }),
      );
    }
    assert.deepEqual(order.slice(0, count + 2), ['language', ...Array(count).fill('example'), 'terminal']);
    // An empty line lets the focus go.
    assert.notEqual(order[count + 2], 'terminal');
  });

  for (const colorScheme of ['light', 'dark']) {
    pageTest(`passes axe in ${colorScheme} colours`, { colorScheme, bypassCSP: true }, async (page, t) => {
      await type(page, 'SET k v', 'Enter', 'GET k', 'Enter', 'GET', 'Enter', 'GET none', 'Enter');
      await shows(page, /\(nil\)/);
      await page.addScriptTag({ path: createRequire(import.meta.url).resolve('axe-core') });
      const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
      t.diagnostic(`${passes.length} rules passed`);
      assert.deepEqual(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
        [],
      );
    });
  }
});

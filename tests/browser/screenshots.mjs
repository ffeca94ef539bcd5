// Pictures of the playground for looking at: `node screenshots.mjs DIR`.
import { mkdirSync } from 'node:fs';
import { launch, open, shows, type } from './browser.mjs';
import { serve } from './server.mjs';

const dir = process.argv[2] ?? 'screenshots';
mkdirSync(dir, { recursive: true });
const server = await serve();
const browser = await launch();
const views = {
  light: {},
  dark: { colorScheme: 'dark' },
  narrow: { viewport: { width: 360, height: 640 } },
  chinese: { locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 800, height: 600 } },
};
for (const [name, options] of Object.entries(views)) {
  const { context, page } = await open(browser, server.origin, options);
  await type(page, 'SET greeting "hello world" EX 60', 'Enter', 'GET greeting', 'Enter', 'GET none', 'Enter', 'GET', 'Enter');
  await type(page, 'HELP SET', 'Enter', 'SET k v ', 'Tab', 'EX ');
  await shows(page, /seconds/);
  await page.screenshot({ path: `${dir}/${name}.png` });
  await context.close();
}
await browser.close();
server.stop();

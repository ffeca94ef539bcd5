// Headless Chromium and what the tests do with a page.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const PROGRAMS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Starts the browser; it talks to no one but the tests. */
export function launch() {
  const executablePath = PROGRAMS.find((program) => program && existsSync(program));
  if (!executablePath) throw new Error('Chromium is needed: install it (Debian: apt install chromium) or set CHROMIUM');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Opens the playground; collects what goes wrong and what is requested. */
export async function open(browser, origin, options = {}) {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1100, height: 760 }, ...options });
  const page = await context.newPage();
  const problems = [];
  const requests = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`${origin}/`);
  await page.waitForSelector('#status[data-state="ready"]');
  return { context, page, problems, requests };
}

/** The terminal's visible text, without blank lines at its end. */
export function screen(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('.xterm-rows > div')]
      .map((row) => row.textContent.replaceAll('\u00a0', ' ').trimEnd())
      .join('\n')
      .trimEnd(),
  );
}

/** Waits until the terminal shows what `pattern` matches. */
export async function shows(page, pattern) {
  const until = Date.now() + 5000;
  for (;;) {
    const text = await screen(page);
    if (pattern.test(text)) return text;
    if (Date.now() > until) throw new Error(`the terminal never showed ${pattern}; it shows:\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Types into the terminal, keys like `Tab` and `Enter` by name. */
export async function type(page, ...keys) {
  await page.locator('.xterm-helper-textarea').focus();
  for (const key of keys) {
    if (/^(Tab|Enter|Escape|Backspace|Home|End|Arrow\w+|Control\+\w)$/.test(key)) await page.keyboard.press(key);
    else await page.keyboard.type(key);
  }
}

// The page: puts the engine, the shell and the terminal together, in the reader's language and colours.

import { FitAddon } from '@xterm/addon-fit';
import { Terminal, type ITheme } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { Hyla, version } from 'hyla';

import { complete, findCommand, hint } from './assist.js';
import { offerDump } from './dump.js';
import { Editor, SENT } from './editor.js';
import { paint, plain } from './render.js';
import { Shell } from './shell.js';
import { languages, preferredLanguage, type Language } from './strings.js';
import './style.css';

const STATUS_EVERY_MS = 1000;
/** What screen readers are told: lines of an answer, answers that stay. */
const SPOKEN_LINES_MAX = 50;
const SPOKEN_MAX = 20;

let language: Language = preferredLanguage();
let strings = languages[language];

const terminal = new Terminal({
  cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
  fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
  fontSize: 14,
  lineHeight: 1.3,
  scrollback: 5000,
  minimumContrastRatio: 4.5,
  theme: theme(),
});
const fit = new FitAddon();
terminal.loadAddon(fit);
terminal.open(element('terminal'));

/** An example that was chosen before the engine was there. */
let chosen: string | undefined;
let runExample = (line: string): void => {
  chosen = line;
};
speak();
for (const button of element('examples').querySelectorAll('button')) {
  button.addEventListener('click', () => runExample(button.innerText));
}
fit.fit();
const started = performance.now();
Hyla.create().then(ready, (error: unknown) => {
  const text = strings.failed(error instanceof Error ? error.message : String(error));
  terminal.writeln(paint.error(text));
  setStatus(text, 'failed');
});
setStatus(strings.loading, 'loading');

function ready(db: Hyla): void {
  const took = performance.now() - started;
  performance.measure('hyla-ready', { start: started, duration: took });
  const print = (lines: string[]) => {
    editor.print(lines.map((line) => `${line}\r\n`).join(''));
    say(lines);
  };
  const shell = new Shell(db, strings, print);
  const editor: Editor = new Editor(terminal, {
    prompt: () => shell.prompt,
    complete,
    hint,
    interrupt: () => shell.interrupt(),
    submit: async (line) => {
      if (line.trim().toUpperCase() === 'CLEAR') editor.clear();
      else await shell.run(line, terminal.cols);
      void showStatus();
    },
  });
  print([paint.quiet(matchMedia('(pointer: coarse)').matches ? strings.welcomeTouch : strings.welcome)]);
  editor.start();
  listen(editor);
  for (const [key, sent] of Object.entries(SENT)) {
    const button = element(`key-${key}`);
    // The terminal keeps the focus, and with it the keyboard on the screen stays.
    button.addEventListener('mousedown', (event) => event.preventDefault());
    button.addEventListener('click', () => editor.press(sent));
  }
  runExample = (line) => {
    editor.run(line);
    terminal.focus();
  };
  if (chosen) runExample(chosen);
  element('language').addEventListener('click', () => {
    language = language === 'en' ? 'zh' : 'en';
    strings = languages[language];
    shell.strings = strings;
    speak();
    void showStatus();
  });

  const showStatus = async () => {
    if (shell.monitoring) return;
    try {
      const facts = strings.status(version, await keyCount(db, shell.database), megabytes(db.wasmMemoryBytes));
      setStatus(facts, 'ready');
    } catch {
      setStatus(strings.stopped, 'failed');
    }
  };
  void showStatus();
  const tell = (line: string) => {
    print([line]);
    void showStatus();
  };
  offerDump(
    db,
    { save: element('export'), open: element('import'), file: element('file') },
    {
      imported: (name) => void keyCount(db, shell.database).then((keys) => tell(strings.imported(name, keys))),
      notImported: (name, reason) => tell(paint.error(strings.notImported(name, reason))),
      notExported: (reason) => tell(paint.error(strings.notExported(reason))),
    },
  );
  setInterval(() => {
    if (!document.hidden) void showStatus();
  }, STATUS_EVERY_MS);
  if (matchMedia('(pointer: fine)').matches) terminal.focus();
}

/** Keys, sizes and colours that the terminal is to follow. */
function listen(editor: Editor): void {
  terminal.attachCustomKeyEventHandler((event) => {
    // On an empty line Tab goes on to the next element: the keyboard is not trapped.
    if (event.key === 'Tab') return !event.shiftKey && !editor.empty;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key === 'c' && terminal.hasSelection()) return false;
    return !(command && event.key === 'v');
  });
  new ResizeObserver(() => fit.fit()).observe(element('terminal'));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    terminal.options.theme = theme();
  });
}

/** Tells screen readers what the terminal shows. */
function say(lines: string[]): void {
  const log = element('spoken');
  const entry = document.createElement('p');
  entry.textContent = plain(lines.slice(0, SPOKEN_LINES_MAX).join('\n'));
  log.append(entry);
  while (log.childElementCount > SPOKEN_MAX) log.firstElementChild?.remove();
}

/** Puts the page into the chosen language. */
function speak(): void {
  document.documentElement.lang = language;
  document.title = strings.title;
  for (const item of document.querySelectorAll<HTMLElement>('[data-text]')) {
    const text = strings[item.dataset.text as keyof typeof strings];
    if (typeof text === 'string') item.textContent = text;
  }
  for (const item of document.querySelectorAll<HTMLElement>('[data-label]')) {
    item.ariaLabel = String(strings[item.dataset.label as keyof typeof strings]);
  }
  const other = element('language');
  other.textContent = language === 'en' ? '中文' : 'English';
  other.lang = language === 'en' ? 'zh' : 'en';
  terminal.textarea?.setAttribute('aria-label', strings.input);
  terminal.textarea?.setAttribute('aria-describedby', 'terminal-keys');
}

async function keyCount(db: Hyla, database: number): Promise<string> {
  if (!findCommand('DBSIZE')) return '…';
  const [, count] = await db.pipeline().command('SELECT', database).command('DBSIZE').run();
  return typeof count === 'number' ? strings.keyCount(count) : '…';
}

function megabytes(bytes: number): string {
  return `${(bytes / (1024 * 1024)).toFixed(1)} MB`;
}

function setStatus(text: string, state: string): void {
  const status = element('status');
  if (status.textContent !== text) status.textContent = text;
  status.dataset.state = state;
}

/** The terminal's colours, from the page's. */
function theme(): ITheme {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    background: colour('surface'),
    foreground: colour('ink'),
    cursor: colour('accent'),
    cursorAccent: colour('surface'),
    selectionBackground: colour('selection'),
    scrollbarSliderBackground: colour('slider'),
    scrollbarSliderHoverBackground: colour('quiet'),
    scrollbarSliderActiveBackground: colour('quiet'),
    red: colour('error'),
    green: colour('string'),
    cyan: colour('number'),
    brightBlack: colour('quiet'),
  };
}

function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

// Everything that people read, in every language. Knows no page.

const en = {
  title: 'Hyla playground',
  heading: 'Hyla playground',
  intro:
    'A Redis-compatible engine runs in this tab, compiled to WebAssembly. Nothing is sent anywhere; closing the tab forgets everything.',
  examples: 'Try',
  terminal: 'Terminal',
  keys: 'Enter runs a command, Tab completes it, arrow up brings back earlier ones. On an empty line Tab leaves the terminal; Escape clears the line, Control-C stops waiting.',
  input: 'Command',
  keyTab: 'Complete',
  keyUp: 'Earlier line',
  keyDown: 'Later line',
  keyStop: 'Stop',
  language: 'Switch to Chinese',
  welcome: 'Type a command, or HELP. Tab completes.',
  welcomeTouch: 'Type a command, or HELP.',
  helpHead: 'HELP COMMAND explains a command, HELP @GROUP lists a group, CLEAR empties the screen.',
  helpUnknown: (name: string) => `No command or group is called ${name}.`,
  helpSummary: 'summary',
  helpSince: 'since',
  helpGroup: 'group',
  helpComplexity: 'complexity',
  helpDeprecated: (since: string, instead: string) => `deprecated since ${since}: ${instead}`,
  badQuotes: 'Invalid argument(s): quotes are not balanced',
  truncated: (count: number) => `… ${count} more lines`,
  closed: 'The connection was closed; here is a new one.',
  stopped: 'The engine stopped. Reload the page to start it again.',
  loading: 'Loading the engine…',
  failed: (reason: string) => `The engine could not be started: ${reason}`,
  status: (version: string, keys: string, memory: string) => `Hyla ${version} · ${keys} · ${memory} of memory`,
  exportRdb: 'Save dump.rdb',
  importRdb: 'Open dump.rdb…',
  imported: (name: string, keys: string) => `${name} is loaded: ${keys}.`,
  notImported: (name: string, reason: string) => `${name} was not loaded, and nothing changed: ${reason}`,
  notExported: (reason: string) => `The data could not be saved: ${reason}`,
  keyCount: (count: number) => (count === 1 ? '1 key' : `${count} keys`),
};

/** The texts of one language. */
export type Strings = typeof en;

const zh: Strings = {
  title: 'Hyla 演练场',
  heading: 'Hyla 演练场',
  intro: '一个与 Redis 兼容的引擎，编译为 WebAssembly，就在这个标签页里运行。数据不会发往任何地方，关闭标签页即全部清除。',
  examples: '试一试',
  terminal: '终端',
  keys: '回车执行命令，Tab 补全，向上箭头取回之前的命令。空行时按 Tab 离开终端，Esc 清空当前行，Ctrl-C 中断等待。',
  input: '命令',
  keyTab: '补全',
  keyUp: '上一条',
  keyDown: '下一条',
  keyStop: '中断',
  language: '切换到英文',
  welcome: '输入命令，或输入 HELP。按 Tab 补全。',
  welcomeTouch: '输入命令，或输入 HELP。',
  helpHead: 'HELP 命令名：说明该命令；HELP @分组名：列出分组；CLEAR：清屏。',
  helpUnknown: (name) => `没有名为 ${name} 的命令或分组。`,
  helpSummary: '说明',
  helpSince: '始于',
  helpGroup: '分组',
  helpComplexity: '复杂度',
  helpDeprecated: (since, instead) => `自 ${since} 起已弃用：${instead}`,
  badQuotes: '参数无效：引号不配对',
  truncated: (count) => `…… 还有 ${count} 行`,
  closed: '连接已关闭，已重新建立。',
  stopped: '引擎已停止。刷新页面可重新启动。',
  loading: '正在加载引擎……',
  failed: (reason) => `引擎无法启动：${reason}`,
  status: (version, keys, memory) => `Hyla ${version} · ${keys} · 内存 ${memory}`,
  exportRdb: '保存 dump.rdb',
  importRdb: '打开 dump.rdb……',
  imported: (name, keys) => `已加载 ${name}：${keys}。`,
  notImported: (name, reason) => `未加载 ${name}，数据没有变化：${reason}`,
  notExported: (reason) => `数据无法保存：${reason}`,
  keyCount: (count) => `${count} 个键`,
};

/** A language of the page. */
export type Language = 'en' | 'zh';

/** All languages. */
export const languages: Record<Language, Strings> = { en, zh };

/** The language that the browser prefers among those that there are. */
export function preferredLanguage(): Language {
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

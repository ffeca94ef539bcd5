// Completion and hints, both from the command table. Knows no terminal.

import { argumentSyntax, commands, type ArgumentInfo, type CommandInfo } from 'hyla/commands';

const byName = new Map(commands.map((command) => [command.name, command]));
/** Names without their subcommands. */
const topNames = [...commands.filter(({ name }) => !name.includes(' ')).map(({ name }) => name), 'HELP', 'CLEAR'].sort();

/** The command of that name, in any case. */
export function findCommand(name: string): CommandInfo | undefined {
  return byName.get(name.toUpperCase());
}

/** What could stand in place of the last word of `line`, in the case in which it was begun. */
export function complete(line: string): string[] {
  const typed = line.trimStart().split(/\s+/);
  const last = typed.pop() ?? '';
  const candidates = candidatesBehind(typed).filter((word) => word.startsWith(last.toUpperCase()));
  const lower = last !== '' && last === last.toLowerCase();
  return lower ? candidates.map((word) => word.toLowerCase()) : candidates;
}

function candidatesBehind(typed: string[]): string[] {
  const first = typed[0]?.toUpperCase();
  if (first === undefined) return topNames;
  if (first === 'HELP') {
    if (typed.length === 1) return [...topNames, ...groups().map((group) => `@${group.toUpperCase()}`)];
    return typed.length === 2 ? subcommands(typed[1] ?? '') : [];
  }
  const subs = subcommands(first);
  if (typed.length === 1 && subs.length > 0) return subs;
  const { info, rest } = lookUp(typed);
  const pending = info && pendingArguments(info, rest);
  return pending ? reachableTokens(pending) : [];
}

/** The groups that have commands. */
export function groups(): string[] {
  return [...new Set(commands.map(({ group }) => group))].sort();
}

function subcommands(container: string): string[] {
  const prefix = `${container.toUpperCase()} `;
  return commands.filter(({ name }) => name.startsWith(prefix)).map(({ name }) => name.slice(prefix.length));
}

/** The command that words begin with, and the words behind its name. */
function lookUp(typed: string[]): { info: CommandInfo | undefined; rest: string[] } {
  const [first = '', second] = typed;
  const sub = second === undefined ? undefined : findCommand(`${first} ${second}`);
  return sub ? { info: sub, rest: typed.slice(2) } : { info: findCommand(first), rest: typed.slice(1) };
}

/** What may follow the line, to be shown in grey behind it; empty if nothing can be said. */
export function hint(line: string): string {
  const typed = line.trim().split(/\s+/).filter(Boolean);
  if (typed.length === 0) return '';
  const open = !/\s$/.test(line);
  if (open) {
    const candidates = complete(line);
    const begun = typed.at(-1) ?? '';
    const [only] = candidates;
    if (candidates.length === 1 && only !== undefined && only.length > begun.length) {
      return only.slice(begun.length) + hint(`${line}${only.slice(begun.length)} `).replace(/^(?=.)/, ' ');
    }
  }
  const { info, rest } = lookUp(typed);
  const pending = info && pendingArguments(info, rest);
  if (!pending || pending.length === 0) {
    const subs = typed.length === 1 && info?.container ? subcommands(typed[0] ?? '').join(' | ') : '';
    return subs && (open ? ` ${subs}` : subs);
  }
  const text = pending.map(argumentSyntax).join(' ');
  return open ? ` ${text}` : text;
}

/** The arguments that can still follow; nothing where the words do not fit the command. */
function pendingArguments(info: CommandInfo, typed: string[]): ArgumentInfo[] | undefined {
  let pending: ArgumentInfo[] | undefined = [...info.arguments];
  for (const word of typed) {
    pending = consume(pending, word, true) ?? consume(pending, word, false);
    if (!pending) return undefined;
  }
  return pending;
}

/** What is left of `pending` behind `word`, taken as a token or as a value. */
function consume(pending: readonly ArgumentInfo[], word: string, asToken: boolean): ArgumentInfo[] | undefined {
  for (const [at, arg] of pending.entries()) {
    const inside = begin(arg, word, asToken);
    if (inside) {
      // Options may come in any order: those that were passed over can still follow.
      const passed = pending.slice(0, at).filter((other) => reachableTokens([other]).length > 0);
      return [...inside, ...passed, ...pending.slice(at + 1)];
    }
    if (!arg.optional) return undefined;
  }
  return undefined;
}

/** What must follow inside `arg` if `word` begins it. */
function begin(arg: ArgumentInfo, word: string, asToken: boolean): ArgumentInfo[] | undefined {
  const { token, ...bare } = arg;
  if (token !== undefined) {
    if (!asToken || word.toUpperCase() !== token) return undefined;
    const again = arg.multipleToken ? [{ ...arg, optional: true }] : [];
    if (arg.type === 'pure-token') return again;
    return [{ ...bare, optional: false, multiple: Boolean(arg.multiple && !arg.multipleToken) }, ...again];
  }
  const again = arg.multiple ? [{ ...arg, optional: true }] : [];
  const parts = arg.arguments ?? [];
  if (arg.type === 'oneof') {
    for (const choice of parts) {
      const inside = begin(choice, word, asToken);
      if (inside) return [...inside, ...again];
    }
    return undefined;
  }
  if (arg.type === 'block') {
    const inside = consume(parts, word, asToken);
    return inside && [...inside, ...again];
  }
  return asToken ? undefined : again;
}

/** The tokens that can come next. */
function reachableTokens(pending: readonly ArgumentInfo[]): string[] {
  const tokens: string[] = [];
  for (const arg of pending) {
    if (arg.token) tokens.push(arg.token);
    else if (arg.type === 'oneof') for (const choice of arg.arguments ?? []) tokens.push(...reachableTokens([choice]));
    else if (arg.type === 'block') tokens.push(...reachableTokens(arg.arguments ?? []));
    if (!arg.optional) break;
  }
  return [...new Set(tokens)];
}

// The command table as data, for completion, hints and help: `import { commands } from 'hyla/commands'`.

import { table } from './generated/table.js';

/** An argument of a command, in the vocabulary of Redis' COMMAND DOCS. */
export interface ArgumentInfo {
  /** Its name, as shown. */
  name: string;
  type: 'key' | 'string' | 'integer' | 'double' | 'pattern' | 'unix-time' | 'pure-token' | 'oneof' | 'block';
  /** The word that stands before it, or that it consists of. */
  token?: string;
  optional?: boolean;
  multiple?: boolean;
  /** Repeated with its token. */
  multipleToken?: boolean;
  /** The choices of a `oneof`, the parts of a `block`. */
  arguments?: readonly ArgumentInfo[];
}

/** A command or subcommand. */
export interface CommandInfo {
  /** In upper case; a subcommand's begins with its container's. */
  name: string;
  summary: string;
  /** The version of Redis that first had it. */
  since: string;
  group: string;
  complexity: string;
  /** Words with the name: exactly, or at least where negative. */
  arity: number;
  /** It changes data. */
  write?: boolean;
  deprecatedSince?: string;
  replacedBy?: string;
  /** It has subcommands, which follow it in the list. */
  container?: boolean;
  arguments: readonly ArgumentInfo[];
}

/** All commands by name, subcommands behind their containers. */
export const commands: readonly CommandInfo[] = table;

/** The arguments as in a manual: `key value [NX | XX] [EX seconds]`. */
export function syntax(args: readonly ArgumentInfo[]): string {
  return args.map(argumentSyntax).join(' ');
}

/** One argument as in a manual. */
export function argumentSyntax(arg: ArgumentInfo): string {
  const bare = bareSyntax(arg);
  let text = arg.token === undefined ? bare : `${arg.token || '""'} ${bare}`.trimEnd();
  if (arg.multiple) text = `${text} [${arg.multipleToken ? text : bare} ...]`;
  return arg.optional ? `[${text}]` : text;
}

function bareSyntax(arg: ArgumentInfo): string {
  if (arg.type === 'pure-token') return '';
  if (arg.type === 'block') return syntax(arg.arguments ?? []);
  if (arg.type !== 'oneof') return arg.name;
  const choices = (arg.arguments ?? []).map(argumentSyntax).join(' | ');
  return arg.optional && arg.token === undefined && !arg.multiple ? choices : `<${choices}>`;
}

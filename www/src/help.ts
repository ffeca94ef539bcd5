// HELP: a command, a group, or everything, from the command table.

import { commands, syntax } from 'hyla/commands';

import { findCommand, groups } from './assist.js';
import { textWidth } from './editor.js';
import { paint } from './render.js';
import type { Strings } from './strings.js';

/** The lines of `HELP topic`. */
export function help(topic: string, strings: Strings, columns: number): string[] {
  if (topic === '') return overview(strings, columns);
  if (topic.startsWith('@')) {
    const group = topic.slice(1).toLowerCase();
    if (!groups().includes(group)) return [strings.helpUnknown(topic)];
    return commands.filter((command) => command.group === group).flatMap(({ name }) => about(name, strings, columns));
  }
  if (!findCommand(topic)) return [strings.helpUnknown(topic.toUpperCase())];
  return about(topic, strings, columns);
}

function about(name: string, strings: Strings, columns: number): string[] {
  const command = findCommand(name);
  if (!command) return [];
  const rows = [
    [strings.helpSummary, command.summary],
    [strings.helpSince, command.since],
    [strings.helpGroup, command.group],
    [strings.helpComplexity, command.complexity],
  ];
  const subcommands = commands.filter((other) => other.name.startsWith(`${command.name} `));
  const lines = entry('', command.name, paint.strong, syntax(command.arguments), paint.quiet, columns);
  for (const [label, text] of rows) {
    if (text) lines.push(...entry('  ', `${label}:`, paint.quiet, text, String, columns));
  }
  if (command.deprecatedSince) {
    lines.push(`  ${strings.helpDeprecated(command.deprecatedSince, command.replacedBy ?? '')}`);
  }
  for (const sub of subcommands) {
    lines.push(...entry('  ', sub.name, String, syntax(sub.arguments), paint.quiet, columns));
  }
  return [...lines, ''];
}

function overview(strings: Strings, columns: number): string[] {
  const lines = [strings.helpHead, ''];
  for (const group of groups()) {
    const names = commands.filter((command) => command.group === group && !command.name.includes(' '));
    lines.push(paint.strong(`@${group}`), ...wrap(names.map(({ name }) => name), columns), '');
  }
  return lines;
}

/** A label and its text, broken between words; further lines stand in by two more. */
function entry(
  indent: string,
  label: string,
  paintLabel: (text: string) => string,
  text: string,
  paintText: (text: string) => string,
  columns: number,
): string[] {
  const lines: string[] = [];
  let head = indent + paintLabel(label);
  let width = textWidth(indent + label);
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && width + textWidth(line) + textWidth(word) + 2 > columns) {
      lines.push(`${head} ${paintText(line)}`);
      head = `${indent}   `;
      width = head.length;
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  lines.push(line === '' ? head : `${head} ${paintText(line)}`);
  return lines;
}

function wrap(words: string[], columns: number): string[] {
  const lines: string[] = [];
  let line = ' ';
  for (const word of words) {
    if (line.length + word.length + 1 >= columns && line.trim() !== '') {
      lines.push(line);
      line = ' ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

import type { Command } from 'commander';
import { type Shell, toolWords, withoutHeaderValues } from './shell.ts';
import { joinCommandLine } from './split-command-line.ts';

/**
 * Options of `run` that concern a whole run, or the place or form of its output. The command that runs one case again
 * leaves them out.
 */
export const WHOLE_RUN_OPTIONS: readonly string[] = [
  '--shard',
  '--out',
  '--history',
  '--reporter',
  '--bail',
  '--resume',
];

/**
 * Makes the words of a command that runs one case of this run again. The caller appends the case id. All typed options
 * stay, except those about the whole run. A server command after `--` becomes the option `--command`, because the case
 * id must come before a `--`.
 * @param verb knows which options take a value.
 */
export function rerunWords(shell: Shell, verb: Command, tool: string): string[] {
  const { words: all, command, env } = shell;
  const words = withoutHeaderValues(command === undefined ? all : all.slice(0, all.indexOf('--')));
  const options: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const [name = ''] = word.split('=');
    const option = word.startsWith('-')
      ? verb.options.find(({ long, short }) => name === long || name === short)
      : undefined;
    // A word that belongs to no option is a case or the verb. It is left out.
    if (option === undefined) continue;
    const takesNext = (option.required || option.optional) && !word.includes('=');
    const typed = takesNext ? words.slice(at, at + 2) : [word];
    if (takesNext) at++;
    if (!WHOLE_RUN_OPTIONS.includes(option.long ?? '')) options.push(...typed);
  }
  return [
    ...toolWords(env, tool),
    ...options,
    ...(command === undefined ? [] : ['--command', joinCommandLine(command)]),
  ];
}

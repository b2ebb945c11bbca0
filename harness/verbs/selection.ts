import { readFileSync } from 'node:fs';
import type { CaseInfo } from '../../reports/report.ts';
import { catalogue, suiteIds } from '../catalogue.ts';
import { makePlan, type Shard } from '../plan.ts';
import { readSpec } from '../spec.ts';
import { Trouble } from '../trouble.ts';
import { type Shell, say } from './shell.ts';

/** Options that say, beside the cases named, what is to be played. */
export interface SelectionFlags {
  spec?: string;
  shard?: Shard;
}

/** The plan that a command line means. @throws Trouble (2) for a pattern that matches nothing, and for unreadable files. */
export function planOf(shell: Shell, patterns: readonly string[], flags: SelectionFlags): CaseInfo[] {
  const expanded = patterns.flatMap((pattern) =>
    /^!?@(?!core$|limits$|deflate$)/.test(pattern) ? readList(pattern) : [pattern],
  );
  let spec = catalogue;
  if (flags.spec !== undefined) {
    const { cases, warnings } = readSpec(readUserFile(flags.spec, 'spec'), flags.spec, suiteIds);
    for (const warning of warnings) say(shell, `warning: ${warning}`);
    spec = catalogue.filter((info) => cases.includes(info.id));
  }
  return makePlan(spec, expanded, flags.shard);
}

/** With `--shard`: which share it is, and the whole plan, so that `merge` can prove that nothing is left out. */
export function shareOf(
  shell: Shell,
  patterns: readonly string[],
  { shard, ...flags }: SelectionFlags,
): (Shard & { plan: string[] }) | undefined {
  return shard && { ...shard, plan: planOf(shell, patterns, flags).map(({ id }) => id) };
}

/** `@file`: a pattern a line, `#` begins a comment; `!@file` takes away what the file names. */
function readList(pattern: string): string[] {
  const [, minus = '', path = ''] = /^(!?)@(.*)$/.exec(pattern) ?? [];
  return readUserFile(path, 'list of cases')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => minus + line);
}

/** A file that the user named. @param what it is, for the error. @throws Trouble (2). */
export function readUserFile(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Trouble(2, {
      what: `The ${what} cannot be read.`,
      where: path,
      why: error instanceof Error ? error.message : String(error),
      todo: 'Check the path.',
    });
  }
}

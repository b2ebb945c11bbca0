import { readFileSync } from 'node:fs';
import type { CaseInfo, Report } from '../../../reports/document/report.ts';
import { casesOfShard, makePlan, type Shard } from '../../plan/plan.ts';
import { caseIds, type Suite } from '../../plan/suite.ts';
import { readSpec } from '../../suites/autobahn/fuzzingclient-spec.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { type Shell, say } from './shell.ts';

/** Options that say, beside the cases named, what is to be played. */
export interface SelectionFlags {
  spec?: string;
  shard?: Shard;
}

/** What is to be played, and where it is one share of several: which, and the whole plan, by which `merge` proves the union. */
export interface Selection {
  plan: CaseInfo[];
  shard?: NonNullable<Report['run']['shard']>;
}

/** The plan that a command line means. @throws HarnessError (2) for a pattern that matches nothing, and for unreadable files. */
export function selectionOf(
  shell: Shell,
  suite: Suite,
  patterns: readonly string[],
  { spec, shard }: SelectionFlags,
): Selection {
  const expanded = patterns.flatMap((pattern) =>
    /^!?@./.test(pattern) && !Object.hasOwn(suite.groups, pattern.replace('!', ''))
      ? readList(suite, pattern)
      : [pattern],
  );
  let allowed = suite.cases;
  if (spec !== undefined) {
    const { cases, warnings } = readSpec(readUserFile(spec, 'spec'), spec, caseIds(suite));
    for (const warning of warnings) say(shell, `warning: ${warning}`);
    allowed = suite.cases.filter((info) => cases.includes(info.id));
  }
  const whole = makePlan(allowed, expanded, suite.groups);
  if (shard === undefined) return { plan: whole };
  return { plan: casesOfShard(whole, shard), shard: { ...shard, plan: whole.map(({ id }) => id) } };
}

/** The plan of an earlier run, share that it may be. */
export function selectionOfRun(shell: Shell, suite: Suite, { cases, run }: Report): Selection {
  const ids = cases.map(({ id }) => id);
  return { ...selectionOf(shell, suite, ids, {}), ...(run.shard === undefined ? {} : { shard: run.shard }) };
}

/** `@file`: a pattern a line, `#` begins a comment; `!@file` takes away what the file names. */
function readList({ groups }: Suite, pattern: string): string[] {
  const [, minus = '', path = ''] = /^(!?)@(.*)$/.exec(pattern) ?? [];
  const listed = readUserFile(
    path,
    'list of cases',
    `Check the path. The groups are ${Object.keys(groups).join(', ')}.`,
  )
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  if (listed.length > 0) return listed.map((line) => minus + line);
  throw new HarnessError(2, {
    what: 'The list of cases names none.',
    where: path,
    why: 'Without a pattern all cases would be played, which nobody who names a list wants.',
    todo: 'Write patterns into it, one a line, or leave it out.',
  });
}

/** A file that the user named. @param what it is, for the error. @throws HarnessError (2). */
export function readUserFile(path: string, what: string, todo = 'Check the path.'): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new HarnessError(2, {
      what: `The ${what} cannot be read.`,
      where: path,
      why: error instanceof Error ? error.message : String(error),
      todo,
    });
  }
}

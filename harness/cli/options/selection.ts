import { readFileSync } from 'node:fs';
import type { CaseInfo, Report } from '../../../reports/document/report.ts';
import { casesOfShard, makePlan, type Shard } from '../../plan/plan.ts';
import { caseIds, type Suite } from '../../plan/suite.ts';
import { readSpec } from '../../suites/autobahn/fuzzingclient-spec.ts';
import { errorMessage } from '../../support/error-message.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { omitUndefined } from '../../support/omit-undefined.ts';
import { type Shell, say } from './shell.ts';

/** The options that select cases, in addition to the patterns of cases. */
export interface SelectionFlags {
  spec?: string;
  shard?: Shard;
}

/**
 * The cases to play. For one shard (the part for one machine): also its number and the whole plan. `merge` needs the
 * plan to check that no case is missing.
 */
export interface Selection {
  plan: CaseInfo[];
  shard?: NonNullable<Report['run']['shard']>;
}

/**
 * Makes the plan (the list of cases of a run) from the patterns and options of the command line.
 * @param patterns each is a pattern of cases, or `@FILE` for a file of patterns. A leading `!` removes cases.
 * @throws HarnessError with exit code 2 for a pattern that matches no case, and for a file that cannot be read.
 */
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
  const plan = makePlan(allowed, expanded, suite.groups);
  if (shard === undefined) return { plan };
  return { plan: casesOfShard(plan, shard), shard: { ...shard, plan: plan.map(({ id }) => id) } };
}

/**
 * The cases of an earlier run, from its report. If that run was one shard of several, the selection is the same shard.
 */
export function selectionOfRun(shell: Shell, suite: Suite, { cases, run }: Report): Selection {
  const ids = cases.map(({ id }) => id);
  return { ...selectionOf(shell, suite, ids, {}), ...omitUndefined({ shard: run.shard }) };
}

/**
 * Reads a file of case patterns, one per line. `#` begins a comment.
 * @param pattern `@FILE`, or `!@FILE`, which puts `!` before each pattern of the file.
 * @throws HarnessError with exit code 2 if the file cannot be read.
 */
function readList({ groups }: Suite, pattern: string): string[] {
  const [, minus = '', path = ''] = /^(!?)@(.*)$/.exec(pattern) ?? [];
  const patterns = readUserFile(
    path,
    'list of cases',
    `Check the path. The groups are ${Object.keys(groups).join(', ')}.`,
  )
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  if (patterns.length > 0) return patterns.map((line) => minus + line);
  throw new HarnessError(2, {
    what: 'The list of cases is empty.',
    where: path,
    why: 'Without a pattern all cases would be played.',
    todo: 'Write patterns into the file, one per line, or leave the file out.',
  });
}

/**
 * Reads a file that the user named.
 * @param what kind of file, for the error.
 * @throws HarnessError with exit code 2 if the file cannot be read.
 */
export function readUserFile(path: string, what: string, todo = 'Check the path.'): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new HarnessError(2, {
      what: `The ${what} cannot be read.`,
      where: path,
      why: errorMessage(error),
      todo,
    });
  }
}

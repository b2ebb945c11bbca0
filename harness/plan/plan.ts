import type { CaseInfo } from '../../reports/document/report.ts';
import { type CaseGroups, selectCases } from './match-cases.ts';
import { splitByWeight } from './split-by-weight.ts';

/** One of the parts of a plan that run on different machines: shard `index` of `count`, counted from 1. */
export interface Shard {
  index: number;
  count: number;
}

/**
 * Makes the plan: the cases that must have a result, in the order of their ids. Every later stage compares its cases with
 * the plan.
 * @param allowed cases that may run. @param patterns chosen cases; all allowed cases if empty.
 * @throws HarnessError with exit code 2 if a pattern matches nothing.
 */
export function makePlan(
  allowed: readonly CaseInfo[],
  patterns: readonly string[],
  groups: CaseGroups = {},
): CaseInfo[] {
  const ids = allowed.map(({ id }) => id);
  const chosen = new Set(selectCases(ids, patterns, groups));
  return allowed.filter(({ id }) => chosen.has(id));
}

/** The cases of one shard. All shards of a plan have about the same weight. */
export function casesOfShard(plan: readonly CaseInfo[], { index, count }: Shard): CaseInfo[] {
  return splitByWeight(plan, count, (info) => info.weightMs)[index - 1] ?? [];
}

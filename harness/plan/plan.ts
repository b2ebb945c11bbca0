import type { CaseInfo } from '../../reports/document/report.ts';
import { type CaseGroups, selectCases } from './match-cases.ts';
import { shardOf } from './shards.ts';

/** One share of a plan that is split over several machines: share `index` of `count`, counted from 1. */
export interface Shard {
  index: number;
  count: number;
}

/**
 * The plan: the cases that must have a result, in the order of their ids. Every later stage counts against the plan.
 * @param allowed cases that may run. @param patterns chosen cases; all allowed cases if empty.
 * @throws HarnessError (2) if a pattern matches nothing.
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

/** The cases of one share. All shares of a plan have about the same weight. */
export function shareOf(plan: readonly CaseInfo[], { index, count }: Shard): CaseInfo[] {
  return shardOf(plan, index, count, (info) => info.weightMs);
}

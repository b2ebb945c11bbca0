import type { CaseInfo } from '../../reports/document/report.ts';
import { type CaseGroups, selectCases } from './match-cases.ts';
import { splitByWeight } from './split-by-weight.ts';

/** A shard: one of the parts of a run's cases that run on different machines. `index` counts from 1 to `count`. */
export interface Shard {
  index: number;
  count: number;
}

/**
 * Makes the plan of a run: the list of cases that must have a result, in the order of their ids. A case of the plan
 * without a result is later reported as missing.
 * @param allowed the cases that may run.
 * @param patterns select cases from `allowed`. If empty, all allowed cases are in the plan.
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

/** The cases of one shard, which is the part of the plan for one machine. All shards take about the same time. */
export function casesOfShard(plan: readonly CaseInfo[], { index, count }: Shard): CaseInfo[] {
  return splitByWeight(plan, count, (info) => info.weightMs)[index - 1] ?? [];
}

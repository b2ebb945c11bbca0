import type { CaseInfo } from '../../reports/document/report.ts';
import { selectCases } from './case-id.ts';
import { shardOf } from './shards.ts';

/** Which part of a plan one of several machines plays: the `index`-th of `count`, counted from 1. */
export interface Shard {
  index: number;
  count: number;
}

/**
 * Spec + chosen patterns → the cases that must be answered, in numeric order. The plan is the denominator of
 * everything after it.
 * @throws HarnessError (2) when a pattern matches nothing.
 */
export function makePlan(spec: readonly CaseInfo[], patterns: readonly string[]): CaseInfo[] {
  const chosen = new Set(
    selectCases(
      spec.map((info) => info.id),
      patterns,
    ),
  );
  return spec.filter((info) => chosen.has(info.id));
}

/** The part of a plan that one machine plays; all parts weigh about the same. */
export function shareOf(plan: readonly CaseInfo[], { index, count }: Shard): CaseInfo[] {
  return shardOf(plan, index, count, (info) => info.weightMs);
}

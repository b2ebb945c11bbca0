import type { Difference } from '../document/report.ts';
import { type Outcome, type SuiteFacts, suiteOfCase } from '../document/suite-facts.ts';
import { type OutcomeChange, outcomeChangeOf } from './attention.ts';
import { groupSimilar, type InCommon, inCommon, type SimilarGroup, unquoted } from './group-similar.ts';

/** What became of a case between two runs, or between two agents of one. Worst first: the order of every list. */
export const CHANGES = ['regressed', 'removed', 'changed', 'fixed', 'added'] as const;
export type ComparisonChange = (typeof CHANGES)[number];

/** One of the two things compared: an agent in a run. */
export interface Side {
  agent: string;
  slug: string;
  /** Run it was in; the same on both sides where two agents of one run are compared. */
  run: string;
  started: string;
  commit: string | null;
  suite: string;
  /** Way from the comparison's own page to the folder of that run's report, with `/` at its end; empty within one. */
  root: string;
}

/** A case whose outcome is not the same on both sides. */
export interface ComparedCase {
  id: string;
  title: string;
  /** Id of the case's suite. Absent: the first suite of the comparison. */
  suite?: string | undefined;
  change: ComparisonChange;
  a: Outcome | null;
  b: Outcome | null;
  /** From A to B; empty where one of them has no outcome. */
  differences: readonly Difference[];
  /** What changed, in one sentence. */
  sentence: string;
}

/** A against B: made by `harness/reporting/compare-reports.ts`, shown on a page, in the terminal, as JSON and as markdown. */
export interface Comparison {
  a: Side;
  b: Side;
  /** The suites of both sides: they describe the outcomes. */
  suites: readonly SuiteFacts[];
  counts: Readonly<Record<ComparisonChange, number>>;
  /** Cases with the same outcome on both sides, and cases with none on either. */
  same: number;
  without: number;
  /** Ids of all cases that A or B planned, in the order of the suite. */
  plan: readonly string[];
  /** Those that differ, by harm and then in the order of the suite. */
  cases: readonly ComparedCase[];
}

/** Cases that differ alike, or one case by itself. */
export interface SimilarComparedCases extends InCommon {
  cases: SimilarGroup<ComparedCase>;
  turn: OutcomeChange;
}

/** The cases of a comparison, those that say the same together, in the place of their first. */
export function groupSimilarComparedCases({ cases: all, plan, suites }: Comparison): SimilarComparedCases[] {
  const changeOf = (one: ComparedCase) => outcomeChangeOf(suiteOfCase(suites, one), one.a, one.b);
  const sayingOf = (one: ComparedCase) => JSON.stringify([one.change, unquoted(one.sentence), changeOf(one)]);
  return groupSimilar(all, sayingOf).map((cases) => ({
    cases,
    ...inCommon(cases, plan),
    turn: changeOf(cases[0]),
  }));
}

import type { Difference } from '../document/report.ts';
import { type Outcome, type SuiteFacts, suiteOfCase } from '../document/suite-facts.ts';
import { type OutcomeChange, outcomeChangeOf } from './attention.ts';
import { groupSimilar, type InCommon, inCommon, type SimilarGroup, unquoted } from './group-similar.ts';

/**
 * How the outcome of a case differs between two runs, or between two agents of one run. Lists of cases are in this
 * order, worst first.
 */
export const CHANGES = ['regressed', 'removed', 'changed', 'fixed', 'added'] as const;
export type ComparisonChange = (typeof CHANGES)[number];

/** One side of a comparison: an agent in a run. */
export interface Side {
  agent: string;
  slug: string;
  /** Id of the run; the same on both sides if two agents of one run are compared. */
  run: string;
  started: string;
  commit: string | null;
  suite: string;
  /**
   * Relative link from the comparison page to the report folder of this side, with `/` at its end; empty if the page is
   * in that folder.
   */
  root: string;
}

/** A case whose outcome differs between side A and side B. */
export interface ComparedCase {
  id: string;
  title: string;
  /** Id of the case's suite. Absent: the first suite of the comparison. */
  suite?: string | undefined;
  change: ComparisonChange;
  a: Outcome | null;
  b: Outcome | null;
  /** The fields that differ from A to B; empty if A or B has no outcome. */
  differences: readonly Difference[];
  /** The difference in one sentence. */
  sentence: string;
}

/**
 * The comparison of side B with side A. The harness makes comparisons, and `reports/` shows them as a page, in the
 * terminal, as JSON and as Markdown.
 */
export interface Comparison {
  a: Side;
  b: Side;
  /** The suites of both sides: they describe the outcomes. */
  suites: readonly SuiteFacts[];
  counts: Readonly<Record<ComparisonChange, number>>;
  /**
   * `same`: number of cases with the same outcome on both sides. `without`: number of cases without an outcome on both
   * sides.
   */
  same: number;
  without: number;
  /** Ids of all cases that A or B planned, in the order of the suite. */
  plan: readonly string[];
  /** The cases that differ, worst change first, and within a change in the order of the suite. */
  cases: readonly ComparedCase[];
}

/** A group of compared cases with the same change and sentence; often a single case. */
export interface SimilarComparedCases extends InCommon {
  cases: SimilarGroup<ComparedCase>;
  turn: OutcomeChange;
}

/**
 * Groups the cases of a comparison that have the same change and sentence, each group at the place of its first case.
 */
export function groupSimilarComparedCases({ cases: all, plan, suites }: Comparison): SimilarComparedCases[] {
  const changeOf = (one: ComparedCase) => outcomeChangeOf(suiteOfCase(suites, one), one.a, one.b);
  const sayingOf = (one: ComparedCase) => JSON.stringify([one.change, unquoted(one.sentence), changeOf(one)]);
  return groupSimilar(all, sayingOf).map((cases) => ({
    cases,
    ...inCommon(cases, plan),
    turn: changeOf(cases[0]),
  }));
}

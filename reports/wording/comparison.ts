import type { Difference } from '../document/report.ts';
import { type Outcome, type SuiteFacts, suiteOfCase } from '../document/suite-facts.ts';
import { type OutcomeChange, outcomeChangeOf } from './attention.ts';
import { type CommonFacts, commonFacts, groupSimilar, type SimilarGroup, withoutQuotes } from './group-similar.ts';

/**
 * Every kind of change that a case can have between two runs, or between two agents of one run. Lists of cases are
 * sorted by kind of change in this order, worst first.
 */
export const CHANGES = ['regressed', 'removed', 'changed', 'fixed', 'added'] as const;
/** One of the kinds of change in CHANGES. */
export type ComparisonChange = (typeof CHANGES)[number];

/** One side of a comparison. A side is one agent in one run. The two sides are called A and B. */
export interface Side {
  agent: string;
  slug: string;
  /** The id of the run. If two agents of one run are compared, both sides have the same id. */
  run: string;
  started: string;
  commit: string | null;
  suite: string;
  /**
   * The relative link from the comparison page to the report folder of this side, with `/` at the end. The link is
   * empty if the comparison page is in this report folder.
   */
  root: string;
}

/** A case whose outcome differs between side A and side B, the two compared agents or runs. */
export interface ComparedCase {
  id: string;
  title: string;
  /** The id of the case's suite. If absent, the case belongs to the first suite of the comparison. */
  suite?: string | undefined;
  change: ComparisonChange;
  a: Outcome | null;
  b: Outcome | null;
  /** The fields in which the outcomes of sides A and B differ. Empty if one of the sides has no outcome. */
  differences: readonly Difference[];
  /** One sentence that says how the outcomes of side A and side B differ. */
  sentence: string;
}

/**
 * A comparison, which says how side B differs from side A. The harness makes comparisons. `reports/` shows them as a
 * page, in the terminal, as JSON and as Markdown.
 */
export interface Comparison {
  a: Side;
  b: Side;
  /** The suites of both sides, which describe the fields of the outcomes. */
  suites: readonly SuiteFacts[];
  counts: Readonly<Record<ComparisonChange, number>>;
  /**
   * The number of cases with the same outcome on both sides (`same`), and the number of cases without an outcome on
   * both sides (`without`).
   */
  same: number;
  without: number;
  /** The ids of all cases that side A or side B planned to run, in the order of the suite. */
  plan: readonly string[];
  /**
   * The cases that differ, sorted by kind of change, worst first. Cases with the same kind of change are in suite
   * order.
   */
  cases: readonly ComparedCase[];
}

/** A group of compared cases that have the same kind of change and the same sentence. A group can be a single case. */
export interface SimilarComparedCases extends CommonFacts {
  cases: SimilarGroup<ComparedCase>;
  outcomeChange: OutcomeChange;
}

/**
 * Groups the cases of a comparison that have the same kind of change and the same sentence. Each group is at the
 * position of its first case.
 */
export function groupSimilarComparedCases({ cases: all, plan, suites }: Comparison): SimilarComparedCases[] {
  const changeOf = (comparedCase: ComparedCase) =>
    outcomeChangeOf(suiteOfCase(suites, comparedCase), comparedCase.a, comparedCase.b);
  const sayingOf = (comparedCase: ComparedCase) =>
    JSON.stringify([comparedCase.change, withoutQuotes(comparedCase.sentence), changeOf(comparedCase)]);
  return groupSimilar(all, sayingOf).map((cases) => ({
    cases,
    ...commonFacts(cases, plan),
    outcomeChange: changeOf(cases[0]),
  }));
}

import { isDeepStrictEqual } from 'node:util';
import type { CaseVerdict, Outcome, Try } from '../../reports/document/report.ts';
import { compareOutcomes, verdictOf } from '../plan/compare-outcomes.ts';
import type { Suite } from '../plan/suite.ts';
import type { RecordedResult, Result } from '../results/read-results.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import type { Expectation } from './read-expectations.ts';

/**
 * Case id → results of the repetitions of the case, in order. Their paths are relative to the agent's result folder.
 */
export type LaterAttempts = ReadonlyMap<string, readonly RecordedResult[]>;

/** The results of one agent (a tested server), and the expectations that the results are compared with. */
export interface JudgeInput {
  /** One entry for each planned case, in the order of the plan: the recorded result, or why there is none. */
  results: readonly Result[];
  expectations: ReadonlyMap<string, Expectation>;
  /** Results of repeated cases. A case whose outcomes differ is flaky. The report then shows the first outcome. */
  laterAttempts?: LaterAttempts | undefined;
  /** Converts the path of a case file to a path relative to the report folder. */
  resultPath(file: string): string;
}

/**
 * Compares each result with its expectation.
 * @returns one verdict (such as `same` or `regressed`) for each planned case, in the order of the plan.
 */
export function judgeCases(
  suite: Suite,
  { results, expectations, laterAttempts, resultPath }: JudgeInput,
): CaseVerdict[] {
  return results.map((result) => {
    const expectation = expectations.get(result.id);
    if (expectation?.skip) return withoutResult(result.id, expectation, 'skipped', `Not played: ${expectation.why}`);
    if (result.did === 'not run') return withoutResult(result.id, expectation, 'missing', `No result: ${result.why}.`);
    const attempts = [result, ...(laterAttempts?.get(result.id) ?? [])].map((attempt) => ({
      ...judgeOutcome(suite, result.id, attempt.outcome, expectation),
      outcome: attempt.outcome,
      durationMs: attempt.durationMs,
      result: resultPath(attempt.file),
    }));
    return verdictOfAttempts(result, expectation, attempts);
  });
}

/** The outcome of one attempt (one play of the case), with its verdict. */
type Attempt = Try & Pick<CaseVerdict, 'differences' | 'sentence'>;

/** The verdict on a case that was played several times. The verdict is `flaky` if the outcomes differ. */
function verdictOfAttempts(
  result: RecordedResult,
  expectation: Expectation | undefined,
  attempts: readonly Attempt[],
): CaseVerdict {
  const [first] = attempts;
  if (first === undefined) throw new Error('a case that ran has at least one attempt');
  const { outcome: actual, ...verdict } = first;
  return {
    ...remarks(expectation),
    // `insertLine` says where a new entry in the expectation file would go. A case that is as expected needs no entry.
    ...(verdict.verdict === 'same' ? {} : insertLine(expectation)),
    ...(result.isTruncated ? { truncated: true as const } : {}),
    ...(result.unsteady === undefined ? {} : { unsteady: result.unsteady }),
    id: result.id,
    actual,
    expected: expectation?.outcome ?? null,
    ...verdict,
    ...(attempts.every(({ outcome }) => isDeepStrictEqual(outcome, actual)) ? {} : flakiness(attempts)),
    ...(attempts.length === 1 ? {} : { tries: attempts.map(toTry) }),
  };
}

const toTry = ({ verdict, outcome, durationMs, result }: Attempt): Try => ({ verdict, outcome, durationMs, result });

/** The verdict on a case that has no result. */
function withoutResult(
  id: string,
  expectation: Expectation | undefined,
  verdict: 'skipped' | 'missing',
  sentence: string,
): CaseVerdict {
  return {
    ...remarks(expectation),
    ...(verdict === 'missing' ? insertLine(expectation) : {}),
    id,
    verdict,
    actual: null,
    expected: expectation?.outcome ?? null,
    differences: [],
    sentence,
    durationMs: null,
    result: null,
  };
}

/** The reason, the link to an issue and the line of an entry in the expectation file, for the report. */
function remarks(expectation: Expectation | undefined): Pick<CaseVerdict, 'why' | 'issue' | 'line'> {
  const { why, issue, line } = expectation ?? {};
  return omitUndefined({ why, issue, line });
}

const insertLine = (expectation: Expectation | undefined): Pick<CaseVerdict, 'insertLine'> =>
  omitUndefined({ insertLine: expectation?.insertLine });

/** Compares one outcome with the expectation of its case. */
export function judgeOutcome(
  suite: Suite,
  id: string,
  actual: Outcome,
  expectation: Expectation | undefined,
): Pick<CaseVerdict, 'verdict' | 'differences' | 'sentence'> {
  if (!expectation) return { verdict: 'new', differences: [], sentence: 'There is no expectation for this case.' };
  const differences = compareOutcomes(suite, expectation.outcome, actual, suite.conformant(id));
  const isFlaky = differences.length > 0 && expectation.flaky.some((other) => isDeepStrictEqual(other, actual));
  return {
    verdict: isFlaky ? 'flaky' : verdictOf(differences),
    differences,
    sentence: suite.describe(actual, expectation.outcome, differences),
  };
}

/**
 * The verdict on a case whose last attempt had another outcome than its earlier attempts. The sentence describes both.
 */
function flakiness(attempts: readonly { sentence: string }[]): Pick<CaseVerdict, 'verdict' | 'sentence'> {
  const last = attempts.length;
  const before = last === 2 ? 'Attempt 1' : `Attempts 1 to ${last - 1}`;
  return {
    verdict: 'flaky',
    sentence: `Two outcomes in ${last} attempts. ${before}: ${attempts[0]?.sentence} Attempt ${last}: ${attempts[last - 1]?.sentence}`,
  };
}

/** Removes the cases that the expectation file skips. The other cases are played. */
export function withoutSkipped(cases: readonly string[], expectations: ReadonlyMap<string, Expectation>): string[] {
  return cases.filter((id) => !expectations.get(id)?.skip);
}

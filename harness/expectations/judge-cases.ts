import { isDeepStrictEqual } from 'node:util';
import type { CaseVerdict, Outcome, Try } from '../../reports/document/report.ts';
import { compareOutcomes, weigh } from '../plan/compare-outcomes.ts';
import type { Suite } from '../plan/suite.ts';
import type { RecordedResult, Result } from '../results/read-results.ts';
import type { Expectation } from './read-expectations.ts';

/** Case id → results of its retries, in order. Their files are relative to the agent's results folder. */
export type Tries = ReadonlyMap<string, readonly RecordedResult[]>;

/** Results of one agent and what they are compared with. */
export interface ToJudge {
  /** One Result per planned case, in the plan's order. */
  results: readonly Result[];
  expectations: ReadonlyMap<string, Expectation>;
  /** Retries. A case whose outcomes differ is flaky; the report shows its first outcome, which is the unexpected one. */
  tries?: Tries | undefined;
  /** The path of a case file, relative to the report's folder. */
  resultPath(file: string): string;
}

/** One verdict per planned case, in the plan's order. */
export function judgeCases(suite: Suite, { results, expectations, tries, resultPath }: ToJudge): CaseVerdict[] {
  return results.map((result) => {
    const expectation = expectations.get(result.id);
    if (expectation?.skip) return withoutResult(result.id, expectation, 'skipped', `Not played: ${expectation.why}`);
    if (result.did === 'not run') return withoutResult(result.id, expectation, 'missing', `No result: ${result.why}.`);
    const attempts = [result, ...(tries?.get(result.id) ?? [])].map((attempt) => ({
      ...judgeOutcome(suite, result.id, attempt.outcome, expectation),
      outcome: attempt.outcome,
      durationMs: attempt.durationMs,
      result: resultPath(attempt.file),
    }));
    return judged(result, expectation, attempts);
  });
}

/** One outcome of a case, with its verdict. */
type Attempt = Try & Pick<CaseVerdict, 'differences' | 'sentence'>;

function judged(
  result: RecordedResult,
  expectation: Expectation | undefined,
  attempts: readonly Attempt[],
): CaseVerdict {
  const [first] = attempts;
  if (first === undefined) throw new Error('a case that ran has at least one attempt');
  const { outcome: actual, ...verdict } = first;
  return {
    ...remarks(expectation),
    // The line for a new entry is of use only if the case needs attention.
    ...(verdict.verdict === 'same' ? {} : insertLine(expectation)),
    ...(result.isTruncated ? { truncated: true as const } : {}),
    id: result.id,
    actual,
    expected: expectation?.outcome ?? null,
    ...verdict,
    ...(attempts.every(({ outcome }) => isDeepStrictEqual(outcome, actual)) ? {} : flakiness(attempts)),
    ...(attempts.length === 1
      ? {}
      : {
          tries: attempts.map(
            ({ verdict, outcome, durationMs, result }): Try => ({ verdict, outcome, durationMs, result }),
          ),
        }),
  };
}

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

/** What the expectation's entry says about itself. */
function remarks(expectation: Expectation | undefined): Pick<CaseVerdict, 'why' | 'issue' | 'line'> {
  const { why, issue, line } = expectation ?? {};
  return {
    ...(why === undefined ? {} : { why }),
    ...(issue === undefined ? {} : { issue }),
    ...(line === undefined ? {} : { line }),
  };
}

const insertLine = (expectation: Expectation | undefined): Pick<CaseVerdict, 'insertLine'> =>
  expectation?.insertLine === undefined ? {} : { insertLine: expectation.insertLine };

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
    verdict: isFlaky ? 'flaky' : weigh(differences),
    differences,
    sentence: suite.describe(actual, expectation.outcome, differences),
  };
}

/** The verdict on a case whose last attempt had another outcome than the earlier ones, with both outcomes in words. */
function flakiness(attempts: readonly { sentence: string }[]): Pick<CaseVerdict, 'verdict' | 'sentence'> {
  const last = attempts.length;
  const before = last === 2 ? 'Try 1' : `Tries 1 to ${last - 1}`;
  return {
    verdict: 'flaky',
    sentence: `Two outcomes in ${last} tries. ${before}: ${attempts[0]?.sentence} Try ${last}: ${attempts[last - 1]?.sentence}`,
  };
}

/** The cases without those that an expectation file says to skip: these are handed to the engine. */
export function withoutSkipped(cases: readonly string[], expectations: ReadonlyMap<string, Expectation>): string[] {
  return cases.filter((id) => !expectations.get(id)?.skip);
}

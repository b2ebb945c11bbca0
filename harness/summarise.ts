import { isDeepStrictEqual } from 'node:util';
import type { CaseVerdict, Outcome } from '../reports/report.ts';
import { explainDifferences } from '../reports/sentence.ts';
import { isTruncated } from '../reports/truncated.ts';
import { findDifferences, weigh } from './diff.ts';
import type { Conformant, Expectation } from './expected.ts';
import { normalise } from './normalise.ts';
import type { Result } from './results.ts';

/** One verdict per planned case, in the plan's order. */
export function judge(
  results: readonly Result[],
  expectations: ReadonlyMap<string, Expectation>,
  conformant: Conformant,
  resultPath: (file: string) => string,
): CaseVerdict[] {
  return results.map((result) => {
    const id = result.did === 'run' ? result.detail.id : result.id;
    const expectation = expectations.get(id);
    const known = {
      ...(expectation?.why === undefined ? {} : { why: expectation.why }),
      ...(expectation?.issue === undefined ? {} : { issue: expectation.issue }),
      ...(expectation?.line === undefined ? {} : { line: expectation.line }),
    };
    const expected = expectation?.outcome ?? null;
    if (expectation?.skip) {
      return {
        ...known,
        id,
        verdict: 'skipped',
        actual: null,
        expected,
        differences: [],
        sentence: `Not played: ${expectation.why}`,
        durationMs: null,
        result: null,
      };
    }
    if (result.did === 'not run') {
      return {
        ...known,
        id,
        verdict: 'missing',
        actual: null,
        expected,
        differences: [],
        sentence: `No result: ${result.why}.`,
        durationMs: null,
        result: null,
      };
    }
    const actual = normalise(result.detail);
    const ran = {
      ...known,
      id,
      actual,
      expected,
      durationMs: result.detail.durationMs,
      ...(isTruncated(result.detail) ? { truncated: true as const } : {}),
      result: resultPath(result.file),
    };
    if (!expectation) {
      return { ...ran, verdict: 'new', differences: [], sentence: 'There is no expectation for this case.' };
    }
    const differences = findDifferences(expectation.outcome, actual, conformant(id));
    const flaky =
      differences.length > 0 && expectation.flaky.some((other: Outcome) => isDeepStrictEqual(other, actual));
    return {
      ...ran,
      verdict: flaky ? 'flaky' : weigh(differences),
      differences,
      sentence: explainDifferences(actual, expectation.outcome, differences),
    };
  });
}

/** The plan without the cases an expectation file says to skip: what the engine is handed. */
export function withoutSkipped(cases: readonly string[], expectations: ReadonlyMap<string, Expectation>): string[] {
  return cases.filter((id) => !expectations.get(id)?.skip);
}

import { isDeepStrictEqual } from 'node:util';
import type { CaseVerdict, Try } from '../../reports/document/report.ts';
import { explainDifferences } from '../../reports/wording/sentence.ts';
import { isTruncated } from '../../reports/wording/truncated.ts';
import type { Tries } from '../run/retries.ts';
import { compareOutcomes, weigh } from '../suites/autobahn/compare-outcomes.ts';
import { normalise } from '../suites/autobahn/normalise.ts';
import type { AutobahnOutcome } from '../suites/autobahn/outcome.ts';
import type { RecordedResult, Result } from '../suites/autobahn/read-results.ts';
import type { Conformant, Expectation } from './read-expectations.ts';

/**
 * One verdict per planned case, in the plan's order.
 * @param tries what was played again. A case whose outcomes are not all the same is flaky; its first outcome stays the
 *   one it is shown by, since that is the unexpected one.
 */
export function judgeCases(
  results: readonly Result[],
  expectations: ReadonlyMap<string, Expectation>,
  conformant: Conformant,
  resultPath: (file: string) => string,
  tries: Tries = new Map(),
): CaseVerdict[] {
  return results.map((result) => {
    const id = result.did === 'run' ? result.detail.id : result.id;
    const expectation = expectations.get(id);
    const known = {
      ...(expectation?.why === undefined ? {} : { why: expectation.why }),
      ...(expectation?.issue === undefined ? {} : { issue: expectation.issue }),
      ...(expectation?.line === undefined ? {} : { line: expectation.line }),
    };
    const place = expectation?.insertLine === undefined ? {} : { insertLine: expectation.insertLine };
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
        ...place,
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
    const play = (ran: RecordedResult) => ({
      ...judgeOutcome(normalise(ran.detail), expectation, conformant(id)),
      outcome: normalise(ran.detail),
      durationMs: ran.detail.durationMs,
      result: resultPath(ran.file),
    });
    const { outcome: actual, ...first } = play(result);
    const again = tries.get(id) ?? [];
    const cut = isTruncated(result.detail) ? { truncated: true as const } : {};
    // Only of what somebody may want to write an entry for.
    const told = { ...known, ...(first.verdict === 'same' ? {} : place), ...cut };
    if (again.length === 0) return { ...told, id, actual, expected, ...first };
    const plays = [result, ...again].map(play);
    return {
      ...told,
      id,
      actual,
      expected,
      ...first,
      ...(plays.every(({ outcome }) => isDeepStrictEqual(outcome, actual)) ? {} : flakiness(plays)),
      tries: plays.map(({ verdict, outcome, durationMs, result }): Try => ({ verdict, outcome, durationMs, result })),
    };
  });
}

/** One outcome held to what is expected of its case. */
export function judgeOutcome(
  actual: AutobahnOutcome,
  expectation: Expectation | undefined,
  conformant: AutobahnOutcome,
): Pick<CaseVerdict, 'verdict' | 'differences' | 'sentence'> {
  if (!expectation) return { verdict: 'new', differences: [], sentence: 'There is no expectation for this case.' };
  const differences = compareOutcomes(expectation.outcome, actual, conformant);
  const flaky =
    differences.length > 0 && expectation.flaky.some((other: AutobahnOutcome) => isDeepStrictEqual(other, actual));
  return {
    verdict: flaky ? 'flaky' : weigh(differences),
    differences,
    sentence: explainDifferences(actual, expectation.outcome, differences),
  };
}

/** What a case is called whose last try came out differently than those before, with both outcomes in words. */
function flakiness(tries: readonly { sentence: string }[]): Pick<CaseVerdict, 'verdict' | 'sentence'> {
  const last = tries.length;
  const before = last === 2 ? 'Try 1' : `Tries 1 to ${last - 1}`;
  return {
    verdict: 'flaky',
    sentence: `Two outcomes in ${last} tries. ${before}: ${tries[0]?.sentence} Try ${last}: ${tries[last - 1]?.sentence}`,
  };
}

/** The plan without the cases an expectation file says to skip: what the engine is handed. */
export function withoutSkipped(cases: readonly string[], expectations: ReadonlyMap<string, Expectation>): string[] {
  return cases.filter((id) => !expectations.get(id)?.skip);
}

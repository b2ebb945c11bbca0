import { type CaseVerdict, type Problem, type Report, VERDICTS } from '../../reports/document/report.ts';
import { gradeFacts } from '../../reports/document/suite-facts.ts';
import { groupSimilarProblems } from '../../reports/wording/problems.ts';
import { count, isUnexpected, plural } from '../../reports/wording/vocabulary.ts';
import type { Suite } from '../plan/suite.ts';

type Gate = Report['gate'];

type JudgedCase = Pick<CaseVerdict, 'verdict' | 'actual' | 'tries'>;

/** How strict the decision about a run is, and whether `--bail` ended the run. */
export interface GateOptions {
  /** If true, the grade NON-STRICT, which Autobahn tolerates, fails the run, even if it is expected. */
  strict: boolean;
  /** Number of unexpected outcomes at which `--bail` ended the run. Undefined if `--bail` did not end the run. */
  bail?: number | undefined;
}

/** Whether a case fails the run: its outcome is unexpected, or `strict` is set and its grade is NON-STRICT. */
export const failsRun = (suite: Suite, verdict: JudgedCase, strict: boolean): boolean =>
  isUnexpected(verdict) || (strict && isOnlyTolerated(suite, verdict));

/**
 * Whether the outcome is as expected, but the grade for the behavior is one that Autobahn only tolerates (NON-STRICT).
 */
function isOnlyTolerated({ fields }: Suite, { verdict, actual }: JudgedCase): boolean {
  const grade = fields.find(({ kind }) => kind === 'grade');
  return verdict === 'same' && gradeFacts(grade, actual)?.level === 'tolerated';
}

/**
 * Makes one decision about a run from the verdicts on all cases. The decision is `undecided` if there is a problem, if
 * a result is missing, or if no case was played: an incomplete run proves nothing about the server. If `--bail` ended
 * the run, unexpected outcomes are enough for `failed`, because no missing result could make the run pass.
 */
export function decide(
  suite: Suite,
  verdicts: readonly CaseVerdict[],
  problems: readonly Problem[],
  { strict, bail }: GateOptions,
): Gate {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Gate['counts'];
  for (const { verdict } of verdicts) counts[verdict]++;
  const total = verdicts.length;
  const played = total - counts.missing - counts.skipped;
  const failing = verdicts.filter((verdict) => failsRun(suite, verdict, strict));
  const gate = (decision: Gate['decision'], exitCode: number, sentence: string): Gate => ({
    decision,
    exitCode,
    sentence,
    counts,
    strict,
  });

  const failsForSure = bail !== undefined && failing.length > 0;
  if (problems.length > 0 || (counts.missing > 0 && !failsForSure) || played === 0) {
    const missing =
      total === 0
        ? 'No case has a result'
        : counts.missing > 0
          ? `${ofCases(played, total - counts.skipped, 'has')} a result`
          : `${ofCases(played, total, 'has')} a result, but not all can be trusted`;
    const worst = worstVerdict(verdicts);
    return gate('undecided', 3, `INCOMPLETE: ${missing}. ${worst}${reasonOf(verdicts, problems, played)}`);
  }
  if (failing.length > 0) {
    const isLax = (verdict: CaseVerdict) => strict && isOnlyTolerated(suite, verdict);
    const parts = VERDICTS.flatMap((verdict) => {
      const withVerdict = failing.filter((judged) => judged.verdict === verdict && !isLax(judged)).length;
      return withVerdict > 0 ? [`${count(withVerdict)} ${verdict}`] : [];
    });
    const lax = failing.filter(isLax).length;
    if (lax > 0) parts.push(`${lax} not strict`);
    const cut =
      counts.missing > 0
        ? ` INCOMPLETE: ${ofCases(played, total - counts.skipped, 'was')} played, then --bail ${bail} ended the run.`
        : '';
    const sentence = `FAILED: ${ofCases(failing.length, total, 'is')} not as expected (${parts.join(', ')}).${cut}`;
    return gate('failed', 1, sentence);
  }
  const remarks = (['flaky', 'skipped'] as const)
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${verdict}`);
  return gate(
    'passed',
    0,
    `PASSED: ${ofCases(counts.same, total, 'is')} as expected${remarks.length > 0 ? ` (${remarks.join(', ')})` : ''}.`,
  );
}

/** Starts a sentence about a number of cases: `1 of 1 case is`, `2 of 1,034 cases are`. */
function ofCases(number: number, total: number, verb: keyof typeof PLURAL_VERBS): string {
  return `${count(number)} of ${plural(total, 'case')} ${number === 1 ? verb : PLURAL_VERBS[verb]}`;
}

const PLURAL_VERBS = { is: 'are', has: 'have', was: 'were' } as const;

/**
 * Names the first regressed or changed case of an incomplete run. The user must learn of this case although other
 * results are missing.
 */
function worstVerdict(verdicts: readonly CaseVerdict[]): string {
  for (const verdict of ['regressed', 'changed'] as const) {
    const [first, ...others] = verdicts.filter((judged) => judged.verdict === verdict);
    if (first !== undefined) return `${first.id}${andMore(others.length)} ${verdict}. `;
  }
  return '';
}

/**
 * The reason why a run is undecided: the first problem. If several cases have the same problem, the reason names the
 * first case and the number of the others.
 */
function reasonOf(verdicts: readonly CaseVerdict[], problems: readonly Problem[], played: number): string {
  const [first, ...similar] = groupSimilarProblems(problems)[0] ?? [];
  if (first === undefined) return played === 0 ? 'No case was played.' : 'Some cases have no result.';
  if (similar.length === 0) return first.what;
  const missing = verdicts.filter(({ verdict }) => verdict === 'missing');
  if (!missing.some(({ id }) => id === first.case)) return `${first.what} The same of ${similar.length} more.`;
  return `${first.case}${andMore(missing.length - 1)} ${missing.length === 1 ? 'has' : 'have'} no result.`;
}

function andMore(others: number): string {
  return others === 0 ? '' : ` and ${count(others)} more`;
}

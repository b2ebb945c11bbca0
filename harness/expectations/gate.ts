import { type CaseVerdict, type Problem, type Report, VERDICTS } from '../../reports/document/report.ts';
import { gradeFacts } from '../../reports/document/suite-facts.ts';
import { groupSimilarProblems } from '../../reports/wording/problems.ts';
import { count, isUnexpected, plural } from '../../reports/wording/vocabulary.ts';
import type { Suite } from '../plan/suite.ts';

type Gate = Report['gate'];

type Judged = Pick<CaseVerdict, 'verdict' | 'actual' | 'tries'>;

/** How strict the gate is, and what ended the run. */
export interface GateOptions {
  /** A tolerated grade (NON-STRICT) counts as a failure, even if it is expected. */
  strict: boolean;
  /** Set if `--bail` ended the run at this number of unexpected outcomes. */
  bail?: number | undefined;
}

/** Whether an outcome stops a merge. */
export const stopsMerge = (suite: Suite, verdict: Judged, strict: boolean): boolean =>
  isUnexpected(verdict) || (strict && isOnlyTolerated(suite, verdict));

/** An expected outcome whose main grade is tolerated, but not good. */
function isOnlyTolerated({ fields }: Suite, { verdict, actual }: Judged): boolean {
  const grade = fields.find(({ kind }) => kind === 'grade');
  return verdict === 'same' && gradeFacts(grade, actual)?.level === 'tolerated';
}

/**
 * The decision over a run. Problems weigh more than verdicts: an incomplete run proves nothing, neither for the subject
 * nor against it. A run in which nothing was played never passes. If `--bail` ended the run, the unexpected outcomes decide,
 * because no missing result could turn the run into a pass.
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
  const stopping = verdicts.filter((one) => stopsMerge(suite, one, strict));
  const gate = (decision: Gate['decision'], exitCode: number, sentence: string): Gate => ({
    decision,
    exitCode,
    sentence,
    counts,
    strict,
  });

  const isKnown = bail !== undefined && stopping.length > 0;
  if (problems.length > 0 || (counts.missing > 0 && !isKnown) || played === 0) {
    const missing =
      total === 0
        ? 'No case has a result'
        : counts.missing > 0
          ? `${ofCases(played, total - counts.skipped, 'has')} a result`
          : `${ofCases(played, total, 'has')} a result, but not all can be trusted`;
    const known = worstKnown(verdicts);
    return gate('undecided', 3, `INCOMPLETE: ${missing}. ${known}${reasonOf(verdicts, problems, played)}`);
  }
  if (stopping.length > 0) {
    const parts = VERDICTS.flatMap((verdict) => {
      const some = stopping.filter((one) => one.verdict === verdict && !(strict && isOnlyTolerated(suite, one))).length;
      return some > 0 ? [`${count(some)} ${verdict}`] : [];
    });
    const lax = stopping.filter((one) => strict && isOnlyTolerated(suite, one)).length;
    if (lax > 0) parts.push(`${lax} not strict`);
    const cut =
      counts.missing > 0
        ? ` INCOMPLETE: ${ofCases(played, total - counts.skipped, 'was')} played, then --bail ${bail} ended the run.`
        : '';
    const sentence = `FAILED: ${ofCases(stopping.length, total, 'is')} not as expected (${parts.join(', ')}).${cut}`;
    return gate('failed', 1, sentence);
  }
  const asides = (['flaky', 'skipped'] as const)
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${verdict}`);
  return gate(
    'passed',
    0,
    `PASSED: ${ofCases(counts.same, total, 'is')} as expected${asides.length > 0 ? ` (${asides.join(', ')})` : ''}.`,
  );
}

/** `1 of 1 case is`, `2 of 1,034 cases are`. */
function ofCases(some: number, total: number, verb: keyof typeof OF_MANY): string {
  return `${count(some)} of ${plural(total, 'case')} ${some === 1 ? verb : OF_MANY[verb]}`;
}

const OF_MANY = { is: 'are', has: 'have', was: 'were' } as const;

/** What is bad whatever the other cases would have shown: it must not drown in those that have no result. */
function worstKnown(verdicts: readonly CaseVerdict[]): string {
  for (const verdict of ['regressed', 'changed'] as const) {
    const [first, ...others] = verdicts.filter((one) => one.verdict === verdict);
    if (first !== undefined) return `${first.id}${andMore(others.length)} ${verdict}. `;
  }
  return '';
}

/** What kept us from knowing: the first problem, or where many cases have the same, what it left without a result. */
function reasonOf(verdicts: readonly CaseVerdict[], problems: readonly Problem[], played: number): string {
  const [first, ...alike] = groupSimilarProblems(problems)[0] ?? [];
  if (first === undefined) return played === 0 ? 'No case was played.' : 'Some cases have no result.';
  if (alike.length === 0) return first.what;
  const missing = verdicts.filter(({ verdict }) => verdict === 'missing');
  if (!missing.some(({ id }) => id === first.case)) return `${first.what} The same of ${alike.length} more.`;
  return `${first.case}${andMore(missing.length - 1)} ${missing.length === 1 ? 'has' : 'have'} no result.`;
}

function andMore(others: number): string {
  return others === 0 ? '' : ` and ${count(others)} more`;
}

import { alikeProblems } from '../reports/problems.ts';
import { type CaseVerdict, type Problem, type Report, VERDICTS, type Verdict } from '../reports/report.ts';

type Gate = Report['gate'];

/** What makes a verdict stop a merge. `flaky` is one of the outcomes that are known to happen; `skipped` has its reason. */
const BLOCKS: Readonly<Record<Verdict, 'stop' | 'pass' | 'unknown'>> = {
  same: 'pass',
  flaky: 'pass',
  skipped: 'pass',
  regressed: 'stop',
  changed: 'stop',
  new: 'stop',
  improved: 'stop',
  missing: 'unknown',
};

/**
 * The decision. Trouble in the way of knowing weighs more than any verdict: a run that is not complete can prove
 * nothing, neither for the server nor against it. Nothing played is never a pass.
 * @param strict NON-STRICT counts as a failure, even where it is expected.
 */
export function decide(verdicts: readonly CaseVerdict[], problems: readonly Problem[], strict: boolean): Gate {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Gate['counts'];
  for (const { verdict } of verdicts) counts[verdict]++;
  const total = verdicts.length;
  const played = total - counts.missing - counts.skipped;
  const nonStrict = strict
    ? verdicts.filter((one) => one.verdict === 'same' && one.actual?.behavior === 'NON-STRICT').length
    : 0;
  const gate = (decision: Gate['decision'], exitCode: number, sentence: string): Gate => ({
    decision,
    exitCode,
    sentence,
    counts,
    strict,
  });

  if (problems.length > 0 || counts.missing > 0 || played === 0) {
    const missing =
      counts.missing > 0
        ? `${played} of ${total - counts.skipped} cases have a result`
        : `${played} of ${total} cases have a result, but not all can be trusted`;
    const known = worstKnown(verdicts);
    return gate('undecided', 3, `INCOMPLETE: ${missing}. ${known}${reasonOf(verdicts, problems, played)}`);
  }
  const stopping = verdicts.filter(({ verdict }) => BLOCKS[verdict] === 'stop').length + nonStrict;
  if (stopping > 0) {
    const parts = VERDICTS.filter((verdict) => BLOCKS[verdict] === 'stop' && counts[verdict] > 0).map(
      (verdict) => `${counts[verdict]} ${verdict}`,
    );
    if (nonStrict > 0) parts.push(`${nonStrict} not strict`);
    return gate('failed', 1, `FAILED: ${stopping} of ${total} cases are not as expected (${parts.join(', ')}).`);
  }
  const asides = (['flaky', 'skipped'] as const)
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${verdict}`);
  return gate(
    'passed',
    0,
    `PASSED: ${counts.same} of ${total} cases are as expected${asides.length > 0 ? ` (${asides.join(', ')})` : ''}.`,
  );
}

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
  const [first, ...alike] = alikeProblems(problems)[0] ?? [];
  if (first === undefined) return played === 0 ? 'No case was played.' : 'Some cases have no result.';
  if (alike.length === 0) return first.what;
  const missing = verdicts.filter(({ verdict }) => verdict === 'missing');
  if (!missing.some(({ id }) => id === first.case)) return `${first.what} The same of ${alike.length} more.`;
  return `${first.case}${andMore(missing.length - 1)} have no result.`;
}

function andMore(others: number): string {
  return others === 0 ? '' : ` and ${others} more`;
}

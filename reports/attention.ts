import { idRanges } from './id-ranges.ts';
import type { CaseVerdict, Outcome, Report } from './report.ts';
import { casePath } from './views.ts';
import { type Attention, needsAttention, plural, VERDICT_FACES } from './vocabulary.ts';

/** From how many on cases that have all in common but their id are told in one line. */
const ALIKE = 4;
/** Ranges of ids shown at once; more are folded. */
const RANGES_SHOWN = 12;

/**
 * What somebody should look at, worst first, one line each. Cases of one agent that say the same are one line, in the
 * place of their first: hundreds without a result hide the one that regressed, and a server without compression is one
 * fact, not 216.
 */
export function attentionView(report: Report) {
  const groups = new Map<string, Attention[]>();
  for (const one of needsAttention(report)) {
    const key = sayingOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return needsAttention(report).flatMap((one) => {
    const alike = groups.get(sayingOf(one)) ?? [one];
    if (alike.length < ALIKE) return [lineOf(report, one, [one])];
    return alike[0]?.case.id === one.case.id ? [lineOf(report, one, alike)] : [];
  });
}

/** All that a line says but the id. */
function sayingOf({ agent, case: one }: Attention): string {
  return JSON.stringify([agent.slug, one.verdict, one.sentence, turn(one)]);
}

function lineOf(report: Report, { agent, case: one }: Attention, alike: readonly Attention[]) {
  const link = (id: string) => ({ text: id, href: casePath(agent.slug, id.split('-')[0] ?? id) });
  const ranges = idRanges(
    alike.map(({ case: { id } }) => id),
    report.cases.map(({ id }) => id),
  ).map(link);
  return {
    id: one.id,
    title: alike.length === 1 ? (report.cases.find(({ id }) => id === one.id)?.title ?? null) : null,
    agent: agent.name,
    href: casePath(agent.slug, one.id),
    alike: alike.length === 1 ? null : plural(alike.length, 'case'),
    ranges: alike.length === 1 ? null : ranges.slice(0, RANGES_SHOWN),
    moreRanges: ranges.length > RANGES_SHOWN ? ranges.slice(RANGES_SHOWN) : null,
    more: plural(ranges.length - RANGES_SHOWN, 'more range'),
    sentence: one.sentence,
    mark: VERDICT_FACES[one.verdict],
    ...turn(one),
  };
}

/** What became of what, in a few words: the grades, or where they are the same, the close codes. */
function turn({ expected, actual }: CaseVerdict) {
  const pair = (outcome: Outcome) => gradePair(outcome.behavior, outcome.behaviorClose);
  const code = (outcome: Outcome) => `close ${outcome.remoteCloseCode ?? 'without code'}`;
  if (expected === null || actual === null) return { was: null, is: actual === null ? null : pair(actual) };
  if (pair(expected) !== pair(actual)) return { was: pair(expected), is: pair(actual) };
  if (code(expected) !== code(actual)) return { was: code(expected), is: code(actual) };
  return { was: null, is: null };
}

function gradePair(behavior: string, close: string): string {
  return close === 'OK' || close === behavior ? behavior : `${behavior}, close ${close}`;
}

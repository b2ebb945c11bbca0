import type { AgentReport, CaseVerdict, Outcome, Report } from '../document/report.ts';
import { cutRanges, groupSimilar, type InCommon, inCommon, type SimilarGroup, unquoted } from './group-similar.ts';
import { casePath } from './views.ts';
import { type Attention, needsAttention, plural, VERDICT_FACES } from './vocabulary.ts';

/** Cases of one agent that say the same, or one case by itself. */
export interface SimilarCases extends InCommon {
  agent: AgentReport;
  cases: SimilarGroup<CaseVerdict>;
  turn: OutcomeChange;
}

/** What became of what, in a few words: the grades, or where they are the same, the close codes. */
export interface OutcomeChange {
  was: string | null;
  is: string | null;
}

/**
 * What somebody should look at, worst first. Cases of one agent that say the same stand together, in the place of
 * their first: hundreds without a result hide the one that regressed, and a server without compression is one fact,
 * not 216.
 */
export function groupSimilarCases(report: Report): SimilarCases[] {
  const plan = report.cases.map(({ id }) => id);
  return groupSimilar(needsAttention(report), sayingOf).map((group) => {
    const [{ agent, case: first }, ...others] = group;
    const cases: SimilarGroup<CaseVerdict> = [first, ...others.map((other) => other.case)];
    return { agent, cases, ...inCommon(cases, plan), turn: outcomeChangeOf(first.expected, first.actual) };
  });
}

/** The same for the index, one line each. */
export function attentionView(report: Report) {
  return groupSimilarCases(report).map(({ agent, cases: [first, ...others], name, ranges, sentence, turn }) => {
    const link = (id: string) => ({ text: id, href: casePath(agent.slug, id.split('-')[0] ?? id) });
    const { shown, more } = cutRanges(ranges);
    const alone = others.length === 0;
    return {
      id: first.id,
      title: alone ? (report.cases.find(({ id }) => id === first.id)?.title ?? null) : null,
      agent: agent.name,
      href: casePath(agent.slug, first.id),
      alike: alone ? null : name,
      ranges: alone ? null : shown.map(link),
      moreRanges: more.length === 0 ? null : more.map(link),
      more: plural(more.length, 'more range'),
      sentence,
      mark: VERDICT_FACES[first.verdict],
      ...turn,
    };
  });
}

/** All that a line says but the id, and the payloads that are each case's own. */
function sayingOf({ agent, case: one }: Attention): string {
  return JSON.stringify([agent.slug, one.verdict, unquoted(one.sentence), outcomeChangeOf(one.expected, one.actual)]);
}

/** From an outcome to another; from none to one that is, where there is no first. */
export function outcomeChangeOf(before: Outcome | null, after: Outcome | null): OutcomeChange {
  const pair = (outcome: Outcome) => gradePair(outcome.behavior, outcome.behaviorClose);
  const code = (outcome: Outcome) => `close ${outcome.remoteCloseCode ?? 'without code'}`;
  if (before === null || after === null) return { was: null, is: after === null ? null : pair(after) };
  if (pair(before) !== pair(after)) return { was: pair(before), is: pair(after) };
  if (code(before) !== code(after)) return { was: code(before), is: code(after) };
  return { was: null, is: null };
}

function gradePair(behavior: string, close: string): string {
  return close === 'OK' || close === behavior ? behavior : `${behavior}, close ${close}`;
}

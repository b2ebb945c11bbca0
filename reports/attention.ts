import { type Alike, alike, commonSentence, cutRanges, unquoted } from './alike.ts';
import { idRanges } from './id-ranges.ts';
import type { AgentReport, CaseVerdict, Outcome, Report } from './report.ts';
import { casePath } from './views.ts';
import { type Attention, needsAttention, plural, VERDICT_FACES } from './vocabulary.ts';

/** Cases of one agent that say the same, or one case by itself. */
export interface AlikeCases {
  agent: AgentReport;
  cases: Alike<CaseVerdict>;
  /** `80 cases`, or the id where there is but one. */
  name: string;
  /** Their ids, neighbours in the plan as one range; none where there is but one. */
  ranges: readonly string[];
  sentence: string;
  /** What became of what, in a few words: the grades, or where they are the same, the close codes. */
  turn: Turn;
}

interface Turn {
  was: string | null;
  is: string | null;
}

/**
 * What somebody should look at, worst first. Cases of one agent that say the same stand together, in the place of
 * their first: hundreds without a result hide the one that regressed, and a server without compression is one fact,
 * not 216.
 */
export function alikeCases(report: Report): AlikeCases[] {
  const plan = report.cases.map(({ id }) => id);
  return alike(needsAttention(report), sayingOf).map((group) => {
    const [{ agent, case: first }, ...others] = group;
    const cases: Alike<CaseVerdict> = [first, ...others.map((other) => other.case)];
    const ids = cases.map(({ id }) => id);
    return {
      agent,
      cases,
      name: others.length === 0 ? first.id : plural(cases.length, 'case'),
      ranges: others.length === 0 ? [] : idRanges(ids, plan),
      sentence: commonSentence(cases),
      turn: turn(first),
    };
  });
}

/** The same for the index, one line each. */
export function attentionView(report: Report) {
  return alikeCases(report).map(({ agent, cases: [first, ...others], name, ranges, sentence, turn }) => {
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
  return JSON.stringify([agent.slug, one.verdict, unquoted(one.sentence), turn(one)]);
}

function turn({ expected, actual }: Pick<CaseVerdict, 'expected' | 'actual'>): Turn {
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

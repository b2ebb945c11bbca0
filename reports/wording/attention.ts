import type { AgentReport, CaseVerdict, Report } from '../document/report.ts';
import type { Outcome, SuiteFacts } from '../document/suite-facts.ts';
import { cutRanges, groupSimilar, type InCommon, inCommon, type SimilarGroup, unquoted } from './group-similar.ts';
import { closeCodeOf, gradeFace, notableClose } from './outcome.ts';
import { casePath } from './views.ts';
import { type Attention, needsAttention, plural, suiteOf, VERDICT_FACES } from './vocabulary.ts';

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
  const changeOf = ({ id, expected, actual }: CaseVerdict) => outcomeChangeOf(suiteOf(report, id), expected, actual);
  /** All that a line says except the id, and the payloads that are each case's own. */
  const sayingOf = ({ agent, case: one }: Attention) =>
    JSON.stringify([agent.slug, one.verdict, unquoted(one.sentence), changeOf(one)]);
  return groupSimilar(needsAttention(report), sayingOf).map((group) => {
    const [{ agent, case: first }, ...others] = group;
    const cases: SimilarGroup<CaseVerdict> = [first, ...others.map((other) => other.case)];
    return { agent, cases, ...inCommon(cases, plan), turn: changeOf(first) };
  });
}

/** The same for the index, one line each. */
export function attentionView(report: Report) {
  return groupSimilarCases(report).map(({ agent, cases: [first, ...others], name, ranges, sentence, turn }) => {
    // A range is `1.1.1-7.1.5`, and an id may hold a dash too: the first case of a range is known by its id.
    const firstOf = (range: string) =>
      report.cases.find(({ id }) => id === range)?.id ??
      report.cases.find(({ id }) => range.startsWith(`${id}-`))?.id ??
      range;
    const link = (range: string) => ({ text: range, href: casePath(agent.slug, firstOf(range)) });
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

/** What changed from one outcome to another, in the fields that summaries show. Without a first outcome: the second one. */
export function outcomeChangeOf(suite: SuiteFacts, before: Outcome | null, after: Outcome | null): OutcomeChange {
  const grades = (outcome: Outcome) => {
    const close = notableClose(suite, outcome);
    return `${gradeFace(suite, outcome).word}${close === null ? '' : `, close ${close.word}`}`;
  };
  const code = (outcome: Outcome) => `close ${closeCodeOf(suite, outcome) ?? 'without code'}`;
  if (before === null || after === null) return { was: null, is: after === null ? null : grades(after) };
  if (grades(before) !== grades(after)) return { was: grades(before), is: grades(after) };
  if (code(before) !== code(after)) return { was: code(before), is: code(after) };
  return { was: null, is: null };
}

/** `, OK → FAILED`: what cases have in common beside their sentence. */
export function turnWords({ was, is }: OutcomeChange): string {
  return is === null ? '' : `, ${was === null ? '' : `${was} → `}${is}`;
}

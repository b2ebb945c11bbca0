import type { AgentReport, CaseVerdict, Report } from '../document/report.ts';
import type { Outcome, SuiteFacts } from '../document/suite-facts.ts';
import { cutRanges, groupSimilar, type InCommon, inCommon, type SimilarGroup, unquoted } from './group-similar.ts';
import { closeCodeOf, gradeFace, notableClose } from './outcome.ts';
import { casePath } from './views.ts';
import { type Attention, needsAttention, plural, suiteOf, VERDICT_FACES } from './vocabulary.ts';

/** A group of cases of one agent that have the same verdict and sentence; often a single case. */
export interface SimilarCases extends InCommon {
  agent: AgentReport;
  cases: SimilarGroup<CaseVerdict>;
  turn: OutcomeChange;
}

/** What changed between two outcomes, in a few words: the grades, or the close codes if the grades are the same. */
export interface OutcomeChange {
  was: string | null;
  is: string | null;
}

/**
 * Groups the cases that need attention, worst first. Cases of one agent with the same sentence form one group, at the
 * place of their first case. Otherwise hundreds of cases without a result would hide the one case that regressed, and a
 * server without compression would fill 216 lines.
 */
export function groupSimilarCases(report: Report): SimilarCases[] {
  const plan = report.cases.map(({ id }) => id);
  const changeOf = ({ id, expected, actual }: CaseVerdict) => outcomeChangeOf(suiteOf(report, id), expected, actual);
  /** Everything that a line about a case says, except the case id and the quoted payloads. */
  const sayingOf = ({ agent, case: one }: Attention) =>
    JSON.stringify([agent.slug, one.verdict, unquoted(one.sentence), changeOf(one)]);
  return groupSimilar(needsAttention(report), sayingOf).map((group) => {
    const [{ agent, case: first }, ...others] = group;
    const cases: SimilarGroup<CaseVerdict> = [first, ...others.map((other) => other.case)];
    return { agent, cases, ...inCommon(cases, plan), turn: changeOf(first) };
  });
}

/** The groups of cases that need attention, as the lines of the index page. */
export function attentionView(report: Report) {
  return groupSimilarCases(report).map(({ agent, cases: [first, ...others], name, ranges, sentence, turn }) => {
    // A range is written `1.1.1-7.1.5`, and a case id may contain a dash too, so the first case of a range is found
    // among the known ids.
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

/**
 * The difference of two outcomes in the fields that summaries show. Without a first outcome, only the second one is
 * described.
 */
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

/** The difference of two outcomes as text for a line, for example `, OK → FAILED`. */
export function turnWords({ was, is }: OutcomeChange): string {
  return is === null ? '' : `, ${was === null ? '' : `${was} → `}${is}`;
}

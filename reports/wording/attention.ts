import type { AgentReport, CaseVerdict, Report } from '../document/report.ts';
import type { Outcome, SuiteFacts } from '../document/suite-facts.ts';
import {
  type CommonFacts,
  commonFacts,
  cutRanges,
  groupSimilar,
  type SimilarGroup,
  withoutQuotes,
} from './group-similar.ts';
import { closeCodeOf, gradeFace, notableClose } from './outcome.ts';
import { casePath } from './views.ts';
import { type Attention, needsAttention, plural, suiteOf, VERDICT_FACES } from './vocabulary.ts';

/** A group of cases of one agent that have the same verdict and the same sentence. A group can be a single case. */
export interface SimilarCases extends CommonFacts {
  agent: AgentReport;
  cases: SimilarGroup<CaseVerdict>;
  outcomeChange: OutcomeChange;
}

/** The change between two outcomes in a few words: the two grades, or the two close codes if the grades are equal. */
export interface OutcomeChange {
  was: string | null;
  is: string | null;
}

/**
 * Groups the cases that need attention, worst first. Cases of one agent with the same sentence form one group, which is
 * at the position of its first case. Without groups, hundreds of cases without a result would hide the one case that
 * regressed, and a server without compression would fill 216 lines.
 */
export function groupSimilarCases(report: Report): SimilarCases[] {
  const plan = report.cases.map(({ id }) => id);
  const changeOf = ({ id, expected, actual }: CaseVerdict) => outcomeChangeOf(suiteOf(report, id), expected, actual);
  /** Returns everything that a line about a case says, except the case id and the quoted payloads. */
  const sayingOf = ({ agent, case: caseVerdict }: Attention) =>
    JSON.stringify([agent.slug, caseVerdict.verdict, withoutQuotes(caseVerdict.sentence), changeOf(caseVerdict)]);
  return groupSimilar(needsAttention(report), sayingOf).map((group) => {
    const [{ agent, case: first }, ...others] = group;
    const cases: SimilarGroup<CaseVerdict> = [first, ...others.map((other) => other.case)];
    return { agent, cases, ...commonFacts(cases, plan), outcomeChange: changeOf(first) };
  });
}

/** Prepares the groups of cases that need attention as lines of the index page. */
export function attentionView(report: Report) {
  return groupSimilarCases(report).map(
    ({ agent, cases: [first, ...others], name, ranges, sentence, outcomeChange }) => {
      // A range is written `1.1.1-7.1.5`. A case id may contain a dash too, so the code looks up the first id in the
      // plan.
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
        ...outcomeChange,
      };
    },
  );
}

/**
 * Describes the difference between two outcomes in the fields that summaries show. If there is no first outcome, the
 * function describes only the second outcome.
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

/** Writes the difference between two outcomes as text for a line, for example `, OK → FAILED`. */
export function changeText({ was, is }: OutcomeChange): string {
  return is === null ? '' : `, ${was === null ? '' : `${was} → `}${is}`;
}

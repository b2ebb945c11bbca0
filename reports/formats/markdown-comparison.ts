import { type Outcome, suiteOfCase } from '../document/suite-facts.ts';
import { type ComparedCase, type Comparison, groupSimilarComparedCases } from '../wording/comparison.ts';
import { changeFaces, comparisonSentence } from '../wording/comparison-text.ts';
import { commonText } from '../wording/group-similar.ts';
import { outcomeSummary } from '../wording/outcome.ts';
import { escapeMarkdown, markup, rangesCell, row, SUMMARY_LIMIT_BYTES, withinLimit } from './markdown.ts';

/**
 * Writes comparisons of two runs or two agents as Markdown for a pull request. Each comparison is one line and one
 * table of differences. The text is never longer than SUMMARY_LIMIT_BYTES.
 */
export function comparisonMarkdown(comparisons: readonly Comparison[]): string {
  const lines = comparisons.flatMap((comparison) => [
    `## ${escapeMarkdown(comparison.a.agent)} ⇄ ${escapeMarkdown(comparison.b.agent)}: ${comparisonSentence(comparison)}`,
    '',
    escapeMarkdown(`A: run ${comparison.a.run}, B: run ${comparison.b.run}, ${comparison.b.suite}`),
    '',
    ...(comparison.cases.length === 0 ? [] : ['| | Case | A | B | What changed |', '|---|---|---|---|---|']),
    ...groupSimilarComparedCases(comparison).map(({ cases, name, ranges, sentence }) => {
      const { glyph, word } = changeFaces(comparison)[cases[0].change];
      const summary = (comparedCase: ComparedCase, outcome: Outcome | null) =>
        outcomeSummary(suiteOfCase(comparison.suites, comparedCase), outcome);
      const sides = [
        commonText(cases, (comparedCase) => summary(comparedCase, comparedCase.a)),
        commonText(cases, (comparedCase) => summary(comparedCase, comparedCase.b)),
      ];
      return row([`${glyph} ${word}`, markup(escapeMarkdown(name) + rangesCell(ranges)), ...sides, sentence]);
    }),
    '',
  ]);
  return withinLimit(lines, SUMMARY_LIMIT_BYTES);
}

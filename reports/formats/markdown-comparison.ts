import { type Comparison, groupSimilarComparedCases } from '../wording/comparison.ts';
import { changeFaces, comparisonSentence } from '../wording/comparison-text.ts';
import { common } from '../wording/group-similar.ts';
import { brief, capped, escapeMarkdown, markup, rangesCell, row, SUMMARY_LIMIT_BYTES } from './markdown.ts';

/** Comparisons as markdown, for a pull request: a line for each, and a table of what differs. Never above the limit. */
export function comparisonMarkdown(comparisons: readonly Comparison[]): string {
  const lines = comparisons.flatMap((comparison) => [
    `## ${escapeMarkdown(comparison.a.agent)} ⇄ ${escapeMarkdown(comparison.b.agent)}: ${comparisonSentence(comparison)}`,
    '',
    escapeMarkdown(`A: run ${comparison.a.run}, B: run ${comparison.b.run}, ${comparison.b.suite}`),
    '',
    ...(comparison.cases.length === 0 ? [] : ['| | Case | A | B | What changed |', '|---|---|---|---|---|']),
    ...groupSimilarComparedCases(comparison).map(({ cases, name, ranges, sentence }) => {
      const { glyph, word } = changeFaces(comparison)[cases[0].change];
      const sides = [common(cases, ({ a }) => brief(a)), common(cases, ({ b }) => brief(b))];
      return row([`${glyph} ${word}`, markup(escapeMarkdown(name) + rangesCell(ranges)), ...sides, sentence]);
    }),
    '',
  ]);
  return capped(lines, SUMMARY_LIMIT_BYTES);
}

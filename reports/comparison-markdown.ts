import { changeFaces, comparisonSentence } from './compare-page.ts';
import type { Comparison } from './comparison.ts';
import { capped, escapeMarkdown, SUMMARY_LIMIT_BYTES } from './markdown.ts';
import type { Outcome } from './report.ts';
import { closeCode } from './vocabulary.ts';

/** Comparisons as markdown, for a pull request: a line for each, and a table of what differs. Never above the limit. */
export function comparisonMarkdown(comparisons: readonly Comparison[]): string {
  const lines = comparisons.flatMap((comparison) => [
    `## ${escapeMarkdown(comparison.a.agent)} ⇄ ${escapeMarkdown(comparison.b.agent)}: ${comparisonSentence(comparison)}`,
    '',
    escapeMarkdown(`A: run ${comparison.a.run}, B: run ${comparison.b.run}, ${comparison.b.suite}`),
    '',
    ...(comparison.cases.length === 0 ? [] : ['| | Case | A | B | What changed |', '|---|---|---|---|---|']),
    ...comparison.cases.map(({ id, change, a, b, sentence }) =>
      [
        '',
        `${changeFaces(comparison)[change].glyph} ${changeFaces(comparison)[change].word}`,
        id,
        brief(a),
        brief(b),
        sentence,
        '',
      ]
        .map((cell, at) => (at === 0 || at === 6 ? cell : ` ${escapeMarkdown(cell)} `))
        .join('|'),
    ),
    '',
  ]);
  return capped(lines, SUMMARY_LIMIT_BYTES);
}

function brief(outcome: Outcome | null): string {
  if (outcome === null) return '–';
  return `${outcome.behavior}, close ${outcome.behaviorClose}, code ${closeCode(outcome.remoteCloseCode)}`;
}

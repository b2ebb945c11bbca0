import pc from 'picocolors';
import { changeText } from '../wording/attention.ts';
import { type Comparison, groupSimilarComparedCases } from '../wording/comparison.ts';
import { changeFaces, comparisonSentence } from '../wording/comparison-text.ts';
import { rangeLines, type Style, terminalSafe, wrapForStream } from '../wording/terminal-text.ts';

/**
 * Writes a comparison as lines for a terminal: the names of both sides, a summary, and the cases that differ, worst
 * first. Similar cases share one entry.
 */
export function comparisonLines(comparison: Comparison, style: Style): string[] {
  const colour = pc.createColors(style.colour);
  const { a, b, cases } = comparison;
  const ascii: Readonly<Record<string, string>> = {
    regressed: 'v',
    removed: '-',
    changed: '*',
    fixed: '^',
    added: '+',
  };
  return [
    '',
    ...wrapForStream(
      `A ${terminalSafe(a.agent)} (run ${terminalSafe(a.run)})  B ${terminalSafe(b.agent)} (run ${terminalSafe(b.run)})`,
      '',
      '  ',
      style,
    ).map(colour.bold),
    ...wrapForStream(comparisonSentence(comparison), '', '  ', style),
    '',
    ...groupSimilarComparedCases(comparison).flatMap(
      ({ cases: [{ change }, ...others], name, ranges, sentence, outcomeChange }) => {
        const { glyph, word } = changeFaces(comparison)[change];
        const mark = style.unicode ? glyph : ascii[change];
        const became = others.length === 0 ? '' : changeText(outcomeChange);
        return [
          ...wrapForStream(
            `${colour.bold(terminalSafe(name))} ${word}${became}: ${terminalSafe(sentence)}`,
            `${mark} `,
            '  ',
            style,
          ),
          ...rangeLines(ranges, '    ', '    ', style),
        ];
      },
    ),
    ...(cases.length === 0 ? [] : ['']),
  ];
}

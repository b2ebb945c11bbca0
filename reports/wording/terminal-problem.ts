import pc from 'picocolors';
import type { Problem } from '../document/report.ts';
import { fitted, rangeLines, type Style, spelt, visible } from './terminal-text.ts';

const MOST_TAIL = 15;
/**
 * Maximum number of characters of a log line. A server that prints endless lines would push the problem out of sight.
 */
const MOST_TAIL_CHARS = 300;

/**
 * A problem as lines for a terminal: what happened, where, why, what to do, and the last lines of the log.
 * @param ranges the cases that have the problem, as ranges of ids.
 */
export function describeProblem(problem: Problem, style: Style, ranges: readonly string[] = []): string[] {
  const colour = pc.createColors(style.colour);
  const indent = ' '.repeat('  where: '.length);
  const part = (name: string, text: string | undefined) =>
    text === undefined ? [] : fitted(visible(text), `  ${name}`.padEnd(indent.length), indent, style);
  const lines = [
    ...fitted(visible(problem.what), '', '  ', style).map(colour.bold),
    ...rangeLines(ranges, '  cases: ', indent, style),
    // Addresses and paths stay on one line, so that users can copy them.
    ...(problem.where === undefined ? [] : [`  where: ${visible(problem.where)}`]),
    ...part('why:', problem.why),
    ...part('do:', problem.todo),
  ];
  for (const line of (problem.tail ?? []).slice(-MOST_TAIL)) {
    const shown = line.length > MOST_TAIL_CHARS ? `${line.slice(0, MOST_TAIL_CHARS)}…` : line;
    lines.push(colour.dim(`  | ${visible(shown)}`));
  }
  return lines.map((line) => spelt(line, style));
}

import pc from 'picocolors';
import type { Problem } from '../document/report.ts';
import { fitted, rangeLines, type Style, spelt, visible } from './terminal-text.ts';

const MOST_TAIL = 15;
/** A server that prints lines without end would else push what is wrong out of sight. */
const MOST_TAIL_CHARS = 300;

/**
 * What, where, why, what to do, and the last lines of the log that tells more.
 * @param ranges the cases that have it in common, as ranges of ids.
 */
export function describeProblem(problem: Problem, style: Style, ranges: readonly string[] = []): string[] {
  const colour = pc.createColors(style.colour);
  const indent = ' '.repeat('  where: '.length);
  const part = (name: string, text: string | undefined) =>
    text === undefined ? [] : fitted(visible(text), `  ${name}`.padEnd(indent.length), indent, style);
  const lines = [
    ...fitted(visible(problem.what), '', '  ', style).map(colour.bold),
    ...rangeLines(ranges, '  cases: ', indent, style),
    // An address or a path is there to be copied: it is not broken.
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

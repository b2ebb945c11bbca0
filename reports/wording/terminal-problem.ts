import pc from 'picocolors';
import type { Problem } from '../document/report.ts';
import { inCharset, rangeLines, type Style, terminalSafe, wrapForStream } from './terminal-text.ts';

const MOST_TAIL = 15;
/**
 * The maximum number of characters that are shown of a log line. Without a maximum, a server that prints endless lines
 * would move the description of the problem off the screen.
 */
const MOST_TAIL_CHARS = 300;

/**
 * Describes a problem as lines for a terminal: what happened, where, why, what to do, and the last lines of the log.
 * @param ranges the ids of the cases that have the problem, as ranges.
 */
export function describeProblem(problem: Problem, style: Style, ranges: readonly string[] = []): string[] {
  const colour = pc.createColors(style.colour);
  const indent = ' '.repeat('  where: '.length);
  const part = (name: string, text: string | undefined) =>
    text === undefined ? [] : wrapForStream(terminalSafe(text), `  ${name}`.padEnd(indent.length), indent, style);
  const lines = [
    ...wrapForStream(terminalSafe(problem.what), '', '  ', style).map(colour.bold),
    ...rangeLines(ranges, '  cases: ', indent, style),
    // An address or a path is not wrapped, because users want to copy it.
    ...(problem.where === undefined ? [] : [`  where: ${terminalSafe(problem.where)}`]),
    ...part('why:', problem.why),
    ...part('do:', problem.todo),
  ];
  for (const line of (problem.tail ?? []).slice(-MOST_TAIL)) {
    const shown = line.length > MOST_TAIL_CHARS ? `${line.slice(0, MOST_TAIL_CHARS)}…` : line;
    lines.push(colour.dim(`  | ${terminalSafe(shown)}`));
  }
  return lines.map((line) => inCharset(line, style));
}

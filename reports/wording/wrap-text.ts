import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/**
 * Breaks text between words into lines of at most `columns` terminal columns. A wide character such as 日 takes two
 * columns, and a colour sequence takes none. A word that is wider than a line is not broken and gets its own line. Line
 * breaks in the text count as spaces, and accents are composed (Unicode NFC).
 * @param first the beginning of the first line.
 * @param rest the beginning of every other line.
 */
export function wrapText(text: string, first: string, rest: string, columns: number): string[] {
  const words = text.trim().replace(/\s*\n\s*/g, ' ');
  const [head = '', ...tail] = linesOf(words, columns - stringWidth(first));
  if (tail.length === 0) return [first + head];
  // The first line and the other lines can have different room for text, so the text after the first line is wrapped
  // again.
  return [first + head, ...linesOf(tail.join(' '), columns - stringWidth(rest)).map((line) => rest + line)];
}

function linesOf(text: string, columns: number): string[] {
  return wrapAnsi(text, Math.max(1, columns)).split('\n');
}

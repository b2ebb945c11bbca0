import { stripVTControlCharacters } from 'node:util';

/**
 * Text as lines of at most so many columns, broken between words, which keep the gaps they have within a line. A word
 * that is longer keeps a line to itself. Colours take no room.
 */
export function wrapText(text: string, first: string, rest: string, most: number): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const [, gap = '', word = ''] of text.matchAll(/(\s*)(\S+)/g)) {
    const longer = `${line}${gap.includes('\n') ? ' ' : gap}${word}`;
    if (isEmpty) {
      line += word;
    } else if (stripVTControlCharacters(longer).length > most) {
      lines.push(line);
      line = rest + word;
    } else {
      line = longer;
    }
    isEmpty = false;
  }
  return [...lines, line];
}

import { rangesText } from './group-similar.ts';
import { wrapText } from './wrap-text.ts';

/** How text is to look on one stream. */
export interface Style {
  colour: boolean;
  /** Whether the terminal can show more than ASCII. */
  unicode: boolean;
  /** How wide the terminal is; undefined for a file or a pipe, whose readers look for whole lines. */
  columns?: number;
}

/**
 * Makes text of unknown origin safe to print: control and bidi characters are shown, not obeyed, and neither is what
 * runners of CI take for a command (`::error::` at the beginning of a line, `##[error]` and `##vso[` anywhere).
 */
export function visible(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, writtenOut)
    .replace(COMMAND, (begin) => begin.replace(':', writtenOut))
    .replace(/#(?=#\w*\[)/g, writtenOut);
}

/** How a line begins that GitHub's runner takes for a command. */
const COMMAND = /^\s*:(?=:)/gm;

function writtenOut(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Our typography, where it cannot be shown. */
const IN_ASCII: Readonly<Record<string, string>> = {
  '“': '"',
  '”': '"',
  '‘': "'",
  '’': "'",
  '–': '-',
  '→': '->',
  '×': 'x',
  '·': '-',
  '…': '...',
};

/** Text for one stream: where that shows ASCII alone, whatever is more is spelt, or written out. */
export function spelt(text: string, { unicode }: Pick<Style, 'unicode'>): string {
  return unicode ? text : text.replace(/[^\0-\x7f]/g, (character) => IN_ASCII[character] ?? writtenOut(character));
}

/**
 * Text for one stream, with lines that a terminal need not break in the middle of a word: later ones begin with `rest`.
 * Lines that the text has itself stay lines.
 */
export function fitted(text: string, first: string, rest: string, style: Style): string[] {
  const lines = spelt(text, style)
    .split('\n')
    .flatMap((line, i) => {
      const begin = i === 0 ? first : rest;
      return style.columns === undefined ? [begin + line] : wrapText(line, begin, rest, style.columns);
    });
  // What stood within a line may begin one now.
  return lines.map((line) => line.replace(COMMAND, (begin) => begin.replace(':', writtenOut)));
}

/** Ranges of ids in lines, broken between ids, of a terminal's usual width elsewhere; of many, the first dozen and their number. */
export function rangeLines(ranges: readonly string[], first: string, rest: string, style: Style): string[] {
  return ranges.length === 0 ? [] : fitted(visible(rangesText(ranges)), first, rest, { columns: 80, ...style });
}

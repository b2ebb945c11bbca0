import { rangesText } from './group-similar.ts';
import { wrapText } from './wrap-text.ts';

/** What an output stream can show. */
export interface Style {
  colour: boolean;
  /** Whether the stream can show characters outside of ASCII. */
  unicode: boolean;
  /** Width of the terminal in columns; undefined for a file or a pipe, which get whole lines. */
  columns?: number;
}

/**
 * Makes text from strangers safe to print on a terminal. Control characters and bidirectional controls are shown as
 * codes. Workflow commands to CI systems are broken up: `::error::` at the start of a line, `##[error]` and `##vso[`
 * anywhere.
 */
export function visible(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, writtenOut)
    .replace(COMMAND, (begin) => begin.replace(':', writtenOut))
    .replace(/#(?=#\w*\[)/g, writtenOut);
}

/** The start of a line that the runner of GitHub Actions takes for a command. */
const COMMAND = /^\s*:(?=:)/gm;

function writtenOut(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** ASCII spellings of the typographic characters that this tool prints. */
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

/**
 * Text for one stream. For a stream that shows only ASCII, other characters are replaced by ASCII spellings or codes.
 */
export function spelt(text: string, { unicode }: Pick<Style, 'unicode'>): string {
  return unicode ? text : text.replace(/[^\0-\x7f]/g, (character) => IN_ASCII[character] ?? writtenOut(character));
}

/**
 * Text for one stream as lines that fit its width, broken between words. Line breaks in the text stay.
 * @param first begins the first line, and `rest` every other line.
 */
export function fitted(text: string, first: string, rest: string, style: Style): string[] {
  const lines = spelt(text, style)
    .split('\n')
    .flatMap((line, i) => {
      const begin = i === 0 ? first : rest;
      return style.columns === undefined ? [begin + line] : wrapText(line, begin, rest, style.columns);
    });
  // Wrapping can move a word to the start of a line, where the word could be a command.
  return lines.map((line) => line.replace(COMMAND, (begin) => begin.replace(':', writtenOut)));
}

/** Ranges of case ids as lines, broken between ids. A stream without a width gets lines of 80 columns. */
export function rangeLines(ranges: readonly string[], first: string, rest: string, style: Style): string[] {
  return ranges.length === 0 ? [] : fitted(visible(rangesText(ranges)), first, rest, { columns: 80, ...style });
}

import { rangesText } from './group-similar.ts';
import { wrapText } from './wrap-text.ts';

/** What an output stream can show: colours, characters outside of ASCII, and lines of a maximum width. */
export interface Style {
  colour: boolean;
  /** Whether the stream can show characters outside of ASCII. */
  unicode: boolean;
  /** The width of the terminal in columns. undefined for a file or a pipe, whose lines are not wrapped. */
  columns?: number;
}

/**
 * Makes text from strangers safe to print on a terminal. Control characters and bidirectional controls become visible
 * codes. The function also changes workflow commands, so that a CI system does not obey them: `::error::` at the start
 * of a line, and `##[error]` and `##vso[` anywhere.
 */
export function terminalSafe(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, writtenOut)
    .replace(COMMAND, (begin) => begin.replace(':', writtenOut))
    .replace(/#(?=#\w*\[)/g, writtenOut);
}

/** Matches the start of a line that the runner of GitHub Actions would take for a command. */
const COMMAND = /^\s*:(?=:)/gm;

function writtenOut(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The ASCII spellings of the typographic characters that this tool prints. */
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
 * Adapts text to an output stream. If the stream shows only ASCII, other characters are replaced by ASCII spellings or
 * codes.
 */
export function inCharset(text: string, { unicode }: Pick<Style, 'unicode'>): string {
  return unicode ? text : text.replace(/[^\0-\x7f]/g, (character) => IN_ASCII[character] ?? writtenOut(character));
}

/**
 * Splits text into lines that fit the width of an output stream. Lines break only between words. Line breaks in the
 * text stay.
 * @param first the beginning of the first line.
 * @param rest the beginning of every other line.
 */
export function wrapForStream(text: string, first: string, rest: string, style: Style): string[] {
  const lines = inCharset(text, style)
    .split('\n')
    .flatMap((line, i) => {
      const begin = i === 0 ? first : rest;
      return style.columns === undefined ? [begin + line] : wrapText(line, begin, rest, style.columns);
    });
  // Wrapping can move a word to the start of a line, where a CI system could take the word for a command.
  return lines.map((line) => line.replace(COMMAND, (begin) => begin.replace(':', writtenOut)));
}

/**
 * Writes ranges of case ids as lines that break only between ids. For a stream without a width, lines have 80 columns.
 */
export function rangeLines(ranges: readonly string[], first: string, rest: string, style: Style): string[] {
  return ranges.length === 0
    ? []
    : wrapForStream(terminalSafe(rangesText(ranges)), first, rest, { columns: 80, ...style });
}

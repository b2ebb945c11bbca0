/*
 * Functions that handle Unicode text as Python 2 does: they split, strip and lower-case text, and read integers.
 * Autobahn is written in Python 2 and reads the head of a response in this way. JavaScript's own functions differ. For
 * example, U+FEFF is white space in JavaScript, but not in Python 2.
 */

/** The characters that Python 2.7 (Unicode 5.2) treats as white space, as a part of a regular expression. */
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u180e\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const OUTER_SPACE = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, 'g');
const SPACES = new RegExp(`[${SPACE}]+`);
const LINE_END = /\r\n|[\n-\r\x1c-\x1e\x85\u2028\u2029]/;

/** Splits text into lines, as Python 2 does: CR LF or any one of ten characters ends a line. */
export const splitLines = (text: string): string[] => text.split(LINE_END);

/** Removes the white space of Python 2 at both ends. */
export const strip = (text: string): string => text.replace(OUTER_SPACE, '');

/** Splits text at white space, as Python 2 does. For text with only white space, returns an empty list. */
export const splitWords = (text: string): string[] =>
  strip(text)
    .split(SPACES)
    .filter((word) => word !== '');

/** Converts text to lower case. U+0130 needs special care, because JavaScript would make two characters of it. */
export const lower = (text: string): string => text.replaceAll('\u0130', 'i').toLowerCase();

/** The digit zero of every script in Unicode 5.2. In each script, the digits one to nine follow the zero. */
const ZEROS = [
  0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
  0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900,
  0xa9d0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6,
];

/**
 * Reads an integer, as Python 2 does for Unicode text: digits of any script, with optional white space around them and
 * an optional sign before them. Returns null for other text.
 */
export function parseInteger(text: string): number | null {
  const [, sign = '', digits = ''] = /^([+-]?)(.+)$/su.exec(strip(text)) ?? [];
  let value = '';
  for (const character of digits) {
    const point = character.codePointAt(0) ?? 0;
    const zero = ZEROS.find((candidate) => point >= candidate && point < candidate + 10);
    if (zero === undefined) return null;
    value += point - zero;
  }
  return value === '' ? null : Number(sign + value);
}

/**
 * Returns the text unchanged. Throws TypeError if the text is not ASCII, as Python 2 does when it converts such text to
 * a byte string.
 */
export function asciiOnly(text: string, what: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  throw new TypeError(`${what} is not ASCII`);
}

/**
 * Removes the white space at both ends of a Python 2 byte string. Only ASCII white space counts, without U+001C to
 * U+001F.
 */
export const stripAscii = (text: string): string => text.replace(/^[\t-\r ]+|[\t-\r ]+$/g, '');

/**
 * Reads an integer, as Python 2 does for a byte string: ASCII digits, with optional white space around them and an
 * optional sign before them. Returns null for other text.
 */
export function parseAsciiInteger(text: string): number | null {
  const stripped = stripAscii(text);
  return /^[+-]?[0-9]+$/.test(stripped) ? Number(stripped) : null;
}

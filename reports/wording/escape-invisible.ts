/**
 * What a server sends may hold anything. Here the characters that show as nothing, that reorder the text around them,
 * or that a file format forbids are turned into what they are: `\x00`, `\u202e`.
 */

/** C0 and C1 except tab and line feed, bidirectional controls, line separators, BOM, lone surrogates, non-characters. */
const INVISIBLE =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** One of these, or half of a pair, has to be there before it is worth looking closer: most text has none. */
const SUSPECT =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]/;

/** The same text with every invisible or forbidden character written out; tab and line feed stay. */
export function escapeInvisible(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.replace(INVISIBLE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** Visible, and on one line: line breaks and tabs are written out as well. */
export function escapeInvisibleLine(text: string): string {
  return escapeInvisible(text).replace(/\n/g, '\\n').replace(/\t/g, '\\t');
}

/**
 * Escapes characters in text from servers. These characters are invisible, reorder the text around them, or are
 * forbidden in a file format. Each escaped character is written as its code, for example `\x00` or `\u202e`.
 */

/**
 * The characters that are escaped: C0 and C1 controls except tab and line feed, bidirectional controls, line
 * separators, BOM, lone surrogates and non-characters.
 */
const INVISIBLE =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Matches every text that may need escaping. For a text that does not match, the slower search with INVISIBLE is
 * skipped.
 */
const SUSPECT =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]/;

/** Escapes every invisible or forbidden character of a text. The function does not escape tabs and line feeds. */
export function escapeInvisible(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.replace(INVISIBLE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/**
 * Escapes every invisible or forbidden character of a text. The function also escapes tabs and line feeds, so the
 * result is a single line.
 */
export function escapeInvisibleLine(text: string): string {
  return escapeInvisible(text).replace(/\n/g, '\\n').replace(/\t/g, '\\t');
}

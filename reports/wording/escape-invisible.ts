/**
 * Escapes characters in text from servers: characters that are invisible, that reorder the text around them, or that a
 * file format forbids. Each is written as its code, for example `\x00` or `\u202e`.
 */

/**
 * The characters to escape: C0 and C1 controls except tab and line feed, bidirectional controls, line separators, BOM,
 * lone surrogates and non-characters.
 */
const INVISIBLE =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A quick test that most text fails, so that most text needs no replacement. Also matches valid surrogate pairs. */
const SUSPECT =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]/;

/** Escapes every invisible or forbidden character of a text. Tabs and line feeds stay. */
export function escapeInvisible(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.replace(INVISIBLE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/**
 * Escapes every invisible or forbidden character of a text, including tabs and line feeds, so that the text is one
 * line.
 */
export function escapeInvisibleLine(text: string): string {
  return escapeInvisible(text).replace(/\n/g, '\\n').replace(/\t/g, '\\t');
}

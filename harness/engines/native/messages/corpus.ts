/**
 * The content of a corpus (data from which messages are cut): bytes, or a text. The text has no characters beyond
 * U+FFFF, because a cut could split such a character in two.
 */
export type Data = { binary: true; bytes: Buffer } | { binary: false; text: string };

/** Returns the length of a corpus (data from which messages are cut): in bytes, or in characters of a text. */
export const unitsOf = (data: Data): number => (data.binary ? data.bytes.length : data.text.length);

/**
 * Returns `length` units (bytes or characters) of a corpus, starting at unit `from`, as the bytes of a message. At the
 * end of the corpus, the cut continues at the start of the corpus.
 */
export function cut(data: Data, from: number, length: number): Buffer {
  const to = from + length;
  const units = unitsOf(data);
  if (data.binary) {
    return to <= units
      ? data.bytes.subarray(from, to)
      : Buffer.concat([data.bytes.subarray(from), data.bytes.subarray(0, to - units)]);
  }
  const text = to <= units ? data.text.slice(from, to) : data.text.slice(from) + data.text.slice(0, to - units);
  return Buffer.from(text, 'utf8');
}

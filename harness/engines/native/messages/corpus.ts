/** The content of a corpus: bytes, or a text without characters beyond U+FFFF, so that a cut never splits one. */
export type Data = { binary: true; bytes: Buffer } | { binary: false; text: string };

/** Length of a corpus in units. */
export const unitsOf = (data: Data): number => (data.binary ? data.bytes.length : data.text.length);

/** Cuts `length` units from a corpus, from unit `from` on, as the bytes of a message. Behind the end of the corpus, the cut continues at its start. */
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

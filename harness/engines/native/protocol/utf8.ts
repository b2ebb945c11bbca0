import { isUtf8 } from 'node:buffer';

/**
 * Checks the UTF-8 of one message while the message arrives (RFC 3629 3). Invalid bytes are refused as soon as the
 * first byte that cannot be part of a text arrives.
 */
export class Utf8Judge {
  /** The bytes of an incomplete character at the end of the data so far: at most three bytes. */
  #unfinished: Buffer = Buffer.alloc(0);
  #refused = false;

  /**
   * Takes the next bytes. Returns false if the data so far cannot be UTF-8. After that, every call returns false for
   * more bytes.
   */
  push(chunk: Buffer): boolean {
    if (chunk.length === 0) return true;
    if (this.#refused) return false;
    const bytes = this.#unfinished.length === 0 ? chunk : Buffer.concat([this.#unfinished, chunk]);
    const wholeEnd = bytes.length - unfinishedLength(bytes);
    this.#unfinished = Buffer.from(bytes.subarray(wholeEnd));
    this.#refused = !isUtf8(bytes.subarray(0, wholeEnd)) || !canBecomeCharacter(this.#unfinished);
    return !this.#refused;
  }

  /** Whether the bytes so far are a complete text: nothing was refused, and no character is unfinished. */
  get complete(): boolean {
    return !this.#refused && this.#unfinished.length === 0;
  }
}

/**
 * Returns the number of bytes of an incomplete character at the end of `bytes`; 0 if the last character is complete.
 */
function unfinishedLength(bytes: Buffer): 0 | 1 | 2 | 3 {
  const end = bytes.length;
  for (const back of [1, 2, 3] as const) {
    if (back > end) break;
    const byte = bytes[end - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const width = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return width > back ? back : 0;
  }
  return 0;
}

/**
 * Whether more bytes can complete this beginning of a character. RFC 3629 4 lists the allowed values of the second
 * byte.
 */
function canBecomeCharacter(unfinished: Buffer): boolean {
  const [lead, second] = unfinished;
  if (lead === undefined) return true;
  if (lead < 0xc2 || lead > 0xf4) return false;
  if (second === undefined) return true;
  switch (lead) {
    case 0xe0:
      return second >= 0xa0; // below: a longer form than needed
    case 0xed:
      return second < 0xa0; // above: surrogates
    case 0xf0:
      return second >= 0x90; // below: a longer form than needed
    case 0xf4:
      return second < 0x90; // above: code points beyond U+10FFFF
    default:
      return true;
  }
}

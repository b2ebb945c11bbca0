import { isUtf8 } from 'node:buffer';

/**
 * Checks the UTF-8 of one message while it arrives (RFC 3629 3): bytes that cannot be part of any text are refused as
 * soon as the first of them is there.
 */
export class Utf8Judge {
  /** The first bytes of a character whose last bytes have not arrived: at most three. */
  #unfinished: Buffer = Buffer.alloc(0);
  #refused = false;

  /** Takes the next bytes. Returns false if they cannot be UTF-8, and then also for all bytes that follow. */
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

/** Length of an unfinished character at the end of `bytes`: one whose lead byte announces more bytes than are there. */
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

/** Whether more bytes can complete this beginning of a character. RFC 3629 4 lists the ranges of its second byte. */
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

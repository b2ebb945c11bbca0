/**
 * Unmasks the bytes from index `from` up to but not including `to` in place (RFC 6455 §5.3). The function works on
 * 32-bit words, which is faster than byte by byte. In the first and the last word only the bytes inside the range
 * change.
 *
 * Every index below is inside its array, so the code uses `as number`. A fallback with `??` would be a branch that no
 * test can reach.
 *
 * @param mask the four bytes of the masking key as one big-endian number.
 * @param phase number of bytes of this payload that were unmasked before; only its last two bits count.
 * @returns whether all unmasked bytes are ASCII. ASCII text needs no UTF-8 check.
 */
export function unmask(bytes: Buffer, from: number, to: number, mask: number, phase: number): boolean {
  if (from >= to) return true;
  const words = wordsOf(bytes);
  const start = viewedOffset + from;
  const end = viewedOffset + to;
  const lastWord = (end - 1) >>> 2;
  if (!LITTLE_ENDIAN || lastWord >= words.length) return unmaskBytes(bytes, from, to, mask, phase);
  // Rotate the key: each key byte must have the same position in the word as the payload bytes that it unmasks.
  const rotation = ((phase - start) & 3) * 8;
  const swapped = swapBytes(mask);
  const key = (swapped >>> rotation) | (swapped << (32 - rotation)); // In JavaScript a shift by 32 is a shift by 0.
  const firstWord = start >>> 2;
  const firstBits = -1 << ((start & 3) * 8);
  const lastBits = -1 >>> ((3 - ((end - 1) & 3)) * 8);
  if (firstWord === lastWord) {
    const word = (words[firstWord] as number) ^ (key & firstBits & lastBits);
    words[firstWord] = word;
    return (word & firstBits & lastBits & HIGH_BITS) === 0;
  }
  const head = (words[firstWord] as number) ^ (key & firstBits);
  words[firstWord] = head;
  let allBits = head & firstBits;
  let at = firstWord + 1;
  // Unmasking four words per iteration takes 0.5 µs for 4 KiB; one word per iteration took 2 µs (Node 20.20).
  for (; at + 3 < lastWord; at += 4) {
    const a = (words[at] as number) ^ key;
    const b = (words[at + 1] as number) ^ key;
    const c = (words[at + 2] as number) ^ key;
    const d = (words[at + 3] as number) ^ key;
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
    words[at + 3] = d;
    allBits |= a | b | c | d;
  }
  for (; at < lastWord; at++) {
    const word = (words[at] as number) ^ key;
    words[at] = word;
    allBits |= word;
  }
  const tail = (words[lastWord] as number) ^ (key & lastBits);
  words[lastWord] = tail;
  allBits |= tail & lastBits;
  return (allBits & HIGH_BITS) === 0;
}

/** Highest bit of each byte of a 32-bit word. A byte is ASCII if its highest bit is 0. */
const HIGH_BITS = 0x80808080 | 0;

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * Unmasks byte by byte. This slow way is used on big-endian processors, and if the range ends in the last, incomplete
 * 32-bit word of its memory.
 */
function unmaskBytes(bytes: Buffer, from: number, to: number, mask: number, phase: number): boolean {
  let shift = 24 - (phase & 3) * 8;
  let allBits = 0;
  for (let at = from; at < to; at++) {
    const byte = (bytes[at] as number) ^ ((mask >>> shift) & 0xff);
    bytes[at] = byte;
    allBits |= byte;
    shift = (shift + 24) & 31; // The shift selects the key byte: 24, 16, 8, 0, then 24 again.
  }
  return (allBits & 0x80) === 0;
}

/** Cached view of the last used memory as 32-bit words. Most calls use the same memory, and creating a view is slow. */
let cachedWords: Int32Array = new Int32Array(0);
let viewed: Buffer | undefined;
let viewedOffset = 0;

/**
 * Returns a view of the ArrayBuffer behind `bytes` as 32-bit words. Word 0 is at byte 0 of the ArrayBuffer. An
 * incomplete word at the end is left out.
 */
export function wordsOf(bytes: Buffer): Int32Array {
  if (viewed !== bytes) {
    viewed = bytes;
    viewedOffset = bytes.byteOffset;
    if (cachedWords.buffer !== bytes.buffer)
      cachedWords = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >>> 2);
  }
  return cachedWords;
}

/**
 * Returns `bytes.byteOffset`. If `bytes` is the buffer that was unmasked last, the value comes from the cache, because
 * reading the property takes as long as unmasking 16 bytes. The function does not cache other buffers: the cache would
 * keep a message of up to 16 MiB in memory.
 */
export function offsetOf(bytes: Buffer): number {
  return viewed === bytes ? viewedOffset : bytes.byteOffset;
}

function swapBytes(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

import { isUtf8 } from 'node:buffer';

/**
 * Decodes UTF-8 as Python 2 does, for texts that Autobahn decodes in this way. The decoder is as strict as RFC 3629,
 * with one exception: the three bytes of a surrogate (ED A0 80 to ED BF BF) are decoded to that surrogate.
 * @returns null if the bytes are not valid in this sense.
 */
export function decodePython2Utf8(bytes: Uint8Array): string | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let text = '';
  let start = 0;
  // The text can be divided before each byte ED, because this byte is always the first byte of a character.
  for (let at = buffer.indexOf(0xed); at >= 0; at = buffer.indexOf(0xed, at + 1)) {
    const [second = 0, third = 0] = buffer.subarray(at + 1, at + 3);
    const isSurrogate = second >= 0xa0 && second <= 0xbf && (third & 0xc0) === 0x80;
    if (!isSurrogate) continue;
    const before = buffer.subarray(start, at);
    if (!isUtf8(before)) return null;
    text += before.toString('utf8') + String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
    start = at + 3;
  }
  const rest = buffer.subarray(start);
  return isUtf8(rest) ? text + rest.toString('utf8') : null;
}

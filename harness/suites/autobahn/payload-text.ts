/** Longest payload, in bytes, that results contain completely. */
const MAX_WHOLE_BYTES = 60;
/** Number of bytes at the start of a longer payload that results contain. */
const SHOWN_BYTES = 64;
const ELLIPSIS = ' ...';

/**
 * Writes a payload in the short form of Autobahn's results: as text if the bytes are UTF-8, otherwise as `0x` and hex. Of a
 * payload with more than 60 bytes only the first 64 are written, then ` ...`. If the cut splits a character, the hex form is
 * used. UTF-8 is checked as in Python 2, which allows surrogates.
 */
export function payloadText(bytes: Uint8Array): string {
  const isLong = bytes.length > MAX_WHOLE_BYTES;
  const shown = isLong ? bytes.subarray(0, SHOWN_BYTES) : bytes;
  return `${decodePython2Utf8(shown) ?? `0x${hexOf(shown)}`}${isLong ? ELLIPSIS : ''}`;
}

/** Writes bytes as hex, with the same cut as `payloadText`. The wire log contains reads and writes in this form. */
export function payloadHex(bytes: Uint8Array): string {
  return bytes.length > MAX_WHOLE_BYTES ? `${hexOf(bytes.subarray(0, SHOWN_BYTES))}${ELLIPSIS}` : hexOf(bytes);
}

const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

/** Decodes UTF-8 as Python 2 does: surrogates are allowed; overlong forms and code points above U+10FFFF give null. */
function decodePython2Utf8(bytes: Uint8Array): string | null {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i] ?? 0;
    const width = widthOf(lead);
    if (width === 0 || i + width > bytes.length) return null;
    let point = width === 1 ? lead : lead & (0xff >> (width + 1));
    for (let k = 1; k < width; k++) {
      const next = bytes[i + k] ?? 0;
      if ((next & 0xc0) !== 0x80) return null;
      point = (point << 6) | (next & 0x3f);
    }
    if ((width === 3 && point < 0x800) || (width === 4 && (point < 0x10000 || point > 0x10ffff))) return null;
    text += String.fromCodePoint(point);
    i += width;
  }
  return text;
}

/** Number of bytes of a character whose first byte is `lead`; 0 if no character starts with this byte (80–bf, c0, c1, f5–ff). */
function widthOf(lead: number): 0 | 1 | 2 | 3 | 4 {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

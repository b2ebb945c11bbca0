import { decodePython2Utf8 } from '../../support/python2-utf8.ts';

/** Maximum length, in bytes, of a payload that results contain completely. */
const MAX_WHOLE_BYTES = 60;
/** Number of bytes that results contain of a longer payload: its first bytes. */
const SHOWN_BYTES = 64;
const ELLIPSIS = ' ...';

/**
 * Formats a payload in the short form of Autobahn's results: as text if the bytes are UTF-8, otherwise as `0x` and hex.
 * Of a payload with more than 60 bytes, only the first 64 bytes are written, then ` ...`. If the cut splits a
 * character, the result is hex. As in Python 2, UTF-8 may contain surrogates.
 */
export function payloadText(bytes: Uint8Array): string {
  const isLong = bytes.length > MAX_WHOLE_BYTES;
  const shown = isLong ? bytes.subarray(0, SHOWN_BYTES) : bytes;
  return `${decodePython2Utf8(shown) ?? `0x${hexOf(shown)}`}${isLong ? ELLIPSIS : ''}`;
}

/**
 * Formats bytes as hex, shortened in the same way as by the function `payloadText`. The wire log contains reads and
 * writes in this form.
 */
export function payloadHex(bytes: Uint8Array): string {
  return bytes.length > MAX_WHOLE_BYTES ? `${hexOf(bytes.subarray(0, SHOWN_BYTES))}${ELLIPSIS}` : hexOf(bytes);
}

const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

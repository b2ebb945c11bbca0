import { isUtf8 } from 'node:buffer';

/**
 * Chunks with at least this many bytes go to Node's vectorised `isUtf8`. Shorter chunks are checked byte by byte,
 * because the native call costs more than it saves: 16 bytes take 15 ns in the loop and 50 ns with the call (Node
 * 20.20).
 */
const NATIVE_CHECK_MIN_BYTES = 24;

/**
 * Checks that a text message is UTF-8 while its bytes arrive, wherever TCP splits them (RFC 6455 §8.1, RFC 3629 §4).
 * The check fails at the first byte that no UTF-8 text could have at that position, not at the end of the message.
 */
export class Utf8Validator {
  /** Continuation bytes that the current multi-byte sequence still needs. */
  #remaining = 0;
  /** Smallest and largest allowed next byte. Only the second byte of a sequence has a narrower range than 80 to BF. */
  #min = 0x80;
  #max = 0xbf;

  /** Checks the next bytes of the text. @returns false if no UTF-8 text can begin with the bytes pushed so far. */
  push(bytes: Buffer): boolean {
    let at = 0;
    while (this.#remaining > 0 && at < bytes.length) if (!this.#pushByte(bytes[at++] as number)) return false;
    if (bytes.length - at >= NATIVE_CHECK_MIN_BYTES) {
      const end = lastSequenceStart(bytes);
      if (!isUtf8(bytes.subarray(at, end))) return false;
      at = end;
    }
    while (at < bytes.length) if (!this.#pushByte(bytes[at++] as number)) return false;
    return true;
  }

  /** True if the text can end here, because no multi-byte sequence is open. */
  get isComplete(): boolean {
    return this.#remaining === 0;
  }

  #pushByte(byte: number): boolean {
    if (this.#remaining > 0) {
      if (byte < this.#min || byte > this.#max) return false;
      this.#min = 0x80;
      this.#max = 0xbf;
      this.#remaining--;
      return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xc2) return false; // 80 to C1 start no sequence: continuation bytes, and lead bytes of overlong forms.
    if (byte < 0xe0) {
      this.#remaining = 1;
    } else if (byte < 0xf0) {
      this.#remaining = 2;
      if (byte === 0xe0) this.#min = 0xa0; // After E0, smaller second bytes are overlong forms.
      if (byte === 0xed) this.#max = 0x9f; // After ED, larger second bytes are surrogates.
    } else if (byte < 0xf5) {
      this.#remaining = 3;
      if (byte === 0xf0) this.#min = 0x90; // After F0, smaller second bytes are overlong forms.
      if (byte === 0xf4) this.#max = 0x8f; // After F4, larger second bytes are beyond U+10FFFF.
    } else {
      return false;
    }
    return true;
  }
}

/**
 * Finds the start of the last multi-byte sequence, which the end of `bytes` may cut. The result is `bytes.length` if no
 * sequence starts in the last three bytes: then these bytes are ASCII, complete a four-byte sequence, or are invalid,
 * and `isUtf8` decides.
 *
 * @param bytes at least three bytes.
 */
function lastSequenceStart(bytes: Buffer): number {
  for (let back = 1; back <= 3; back++) {
    if ((bytes[bytes.length - back] as number) >= 0xc0) return bytes.length - back;
  }
  return bytes.length;
}

import { isUtf8 } from 'node:buffer';

/**
 * Chunks with at least this many bytes are checked by Node's fast native `isUtf8`. Shorter chunks are checked byte by
 * byte in JavaScript, because the native call itself takes time: for 16 bytes the loop takes 15 ns and the call 50 ns
 * (Node 20.20).
 */
const NATIVE_CHECK_MIN_BYTES = 24;

/**
 * Checks that a text message is UTF-8 while its bytes arrive (RFC 6455 §8.1, RFC 3629 §4). TCP may split the bytes
 * anywhere. The check fails as soon as an invalid byte arrives, not at the end of the message.
 */
export class Utf8Validator {
  /** Number of bytes that the current multi-byte sequence still needs. */
  #remaining = 0;
  /**
   * Smallest and largest value allowed for the next byte of a sequence. For the second byte the range can be smaller
   * than 80 to BF; for the later bytes the range is always 80 to BF.
   */
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
 * Finds the start of the last multi-byte sequence, which may be incomplete at the end of `bytes`. If none of the last
 * three bytes starts a sequence, the result is `bytes.length`: the end is then complete or invalid, and `isUtf8` can
 * check it.
 *
 * @param bytes at least three bytes.
 */
function lastSequenceStart(bytes: Buffer): number {
  for (let back = 1; back <= 3; back++) {
    if ((bytes[bytes.length - back] as number) >= 0xc0) return bytes.length - back;
  }
  return bytes.length;
}

import { isUtf8 } from 'node:buffer';
import { notUtf8 } from './close.ts';
import { clientHeaderBytes, FIN, OP } from './frame.ts';
import { unmask } from './mask.ts';
import type { Kind } from './message.ts';

/** Receives messages as byte ranges of a buffer. The buffer is overwritten after the call. */
export interface RangeSink {
  /**
   * Called with a complete message: the bytes of `bytes` from index `from` up to but not including `to`, unmasked. A
   * text message is valid UTF-8.
   *
   * @returns false to receive no further messages from the current chunk.
   */
  message(kind: Kind, bytes: Buffer, from: number, to: number): boolean;
}

const UNFRAGMENTED_TEXT = FIN | OP.text;
const UNFRAGMENTED_BINARY = FIN | OP.binary;
const MASKED = 0x80;

/**
 * Fast path: reads frames from offset `at` on as long as each frame is a complete, uncompressed message without an
 * error. Most reads of a socket contain only such frames, up to thousands of them. The fast path creates no object per
 * frame.
 *
 * The fast path stops before the first frame that is different or that might break a rule. The class FrameReader, which
 * implements all rules, then reads that frame. The tests check that both give the same result. The fast path reports
 * only one error itself: text that is not UTF-8. FrameReader could not report this error, because the fast path has
 * already unmasked the frame in place.
 *
 * @param at offset at which a frame header begins. The previous message must be complete.
 * @param maxBytes largest allowed message.
 * @returns the offset of the first frame that was not read.
 * @throws {Violation} 1007 for text that is not UTF-8 (RFC 6455 §8.1).
 */
export function readWholeFrames(chunk: Buffer, at: number, maxBytes: number, sink: RangeSink): number {
  const end = chunk.length;
  let next = at;
  while (end - next >= 6) {
    const start = next;
    // All indexes below are inside the chunk, so `as number` is safe.
    const first = chunk[start] as number;
    if (first !== UNFRAGMENTED_BINARY && first !== UNFRAGMENTED_TEXT) return start;
    const second = chunk[start + 1] as number;
    if (second < MASKED) return start;
    const payload = start + clientHeaderBytes(second);
    if (payload > end) return start;
    let length = second - MASKED;
    if (length === 126) {
      length = ((chunk[start + 2] as number) << 8) | (chunk[start + 3] as number);
      if (length < 126) return start;
    } else if (length === 127) {
      if (chunk.readUInt32BE(start + 2) !== 0) return start;
      length = chunk.readUInt32BE(start + 6);
      if (length < 0x10000) return start;
    }
    next = payload + length;
    if (next > end || length > maxBytes) return start;
    const mask =
      ((chunk[payload - 4] as number) << 24) |
      ((chunk[payload - 3] as number) << 16) |
      ((chunk[payload - 2] as number) << 8) |
      (chunk[payload - 1] as number);
    const ascii = unmask(chunk, payload, next, mask, 0);
    if (first === UNFRAGMENTED_BINARY) {
      if (!sink.message('binary', chunk, payload, next)) return next;
    } else {
      if (!ascii && !isUtf8(chunk.subarray(payload, next))) throw notUtf8();
      if (!sink.message('text', chunk, payload, next)) return next;
    }
  }
  return next;
}

import { isUtf8 } from 'node:buffer';
import { notUtf8 } from './close.ts';
import { clientHeaderBytes, FIN, OP } from './frame.ts';
import { unmask } from './mask.ts';
import type { Kind } from './message.ts';

/** Receives messages as byte ranges of borrowed memory. The memory is overwritten after the call. */
export interface RangeSink {
  /**
   * Called with the complete message `bytes[from, to)`, unmasked. A text is valid UTF-8.
   *
   * @returns false to receive no further messages from the current chunk.
   */
  message(kind: Kind, bytes: Buffer, from: number, to: number): boolean;
}

const UNFRAGMENTED_TEXT = FIN | OP.text;
const UNFRAGMENTED_BINARY = FIN | OP.binary;
const MASKED = 0x80;

/**
 * Fast path: reads frames from `at` on as long as each frame is a complete, uncompressed message without an error. Most
 * reads consist of such frames, up to thousands of them, and the fast path creates no object per frame.
 *
 * The fast path stops before the first frame that differs or that might break a rule. FrameReader, which implements all
 * rules, reads that frame. The tests compare the two. The fast path reports only one error itself, text that is not
 * UTF-8, because the frame is unmasked by then and FrameReader could not read it again.
 *
 * @param at offset at which a frame header begins. No fragmented message must be open.
 * @param maxBytes largest message, inclusive.
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

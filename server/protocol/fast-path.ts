import { isUtf8 } from 'node:buffer';
import { FIN, headerBytes, OP } from './frame.ts';
import { unmask } from './mask.ts';
import { type Kind, notUtf8 } from './message.ts';

/** Takes messages as ranges of memory that is only lent: it is written over after the call. */
export interface RangeSink {
  /** `bytes[from, to)` is a whole message, unmasked, and UTF-8 if it is a text. @returns false to be handed no more of this call. */
  message(kind: Kind, bytes: Buffer, from: number, to: number): boolean;
}

const WHOLE_TEXT = FIN | OP.text;
const WHOLE_BINARY = FIN | OP.binary;
const MASKED = 0x80;

/**
 * The fast path: as many frames from `at` on as are each a whole message, not compressed, complete in this chunk and
 * without a fault. That is what most reads consist of, up to thousands of frames, and here a frame costs no object.
 *
 * It decides nothing that is doubtful. At the first frame that is anything else, or that might break a rule, it stops
 * *before* it, and FrameReader, with all the rules, takes that one. So the two agree, which whole-frames.test.ts holds
 * them to. Only UTF-8 is judged here, since the octets are changed by then.
 *
 * @param at where a header begins, no message being under way.
 * @param maxBytes the largest message, inclusive.
 * @returns where the first frame that was not taken begins.
 * @throws {Violation} 1007 for text that is not UTF-8 (RFC 6455 §8.1).
 */
export function readWholeFrames(chunk: Buffer, at: number, maxBytes: number, sink: RangeSink): number {
  const end = chunk.length;
  let next = at;
  while (end - next >= 6) {
    const start = next;
    // What is read below lies before `end`, hence `as number`.
    const first = chunk[start] as number;
    if (first !== WHOLE_BINARY && first !== WHOLE_TEXT) return start;
    const second = chunk[start + 1] as number;
    if (second < MASKED) return start;
    const payload = start + headerBytes(second);
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
    if (first === WHOLE_BINARY) {
      if (!sink.message('binary', chunk, payload, next)) return next;
    } else {
      if (!ascii && !isUtf8(chunk.subarray(payload, next))) throw notUtf8();
      if (!sink.message('text', chunk, payload, next)) return next;
    }
  }
  return next;
}

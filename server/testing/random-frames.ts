import { frame } from './protocol-kit.ts';

/**
 * How many random streams are tried; every other random test tries its share of it, so that `WS_RUNS=50000000` is a
 * long night and `WS_RUNS=2000` a second.
 */
const STREAMS = Number(process.env.WS_RUNS ?? 1_000_000);

/** Where the dice begin. The same in each run, unless another is wanted: `WS_SEED=7`. It stands in the tests' titles. */
export const SEED = Number(process.env.WS_SEED ?? 20_261_123);

/** How many to try of what is tried so many times beside a million streams; one at least. */
export function scaledRuns(besideAMillion: number): number {
  return Math.max(1, Math.round((besideAMillion * STREAMS) / 1_000_000));
}

/** A whole number from 0 to one below. */
export type Random = (below: number) => number;

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The largest message that goes well with these streams: some of theirs are one octet larger. */
export const MAX_MESSAGE_BYTES = 300;

const PAYLOADS = [
  '',
  'a',
  'hello',
  'é',
  '€uro',
  '𝄞𝄞',
  'x'.repeat(125),
  'y'.repeat(126),
  'ü'.repeat(70),
  'z'.repeat(301),
].map((text) => Buffer.from(text));
const NO_PAYLOAD = Buffer.alloc(0);
const OPCODES = [1, 1, 1, 2, 2, 2, 0, 0, 0, 9, 10, 8];

/** One to six client frames, mostly good, with a fault here and there, and an end anywhere. In memory of its own. */
export function randomStream(below: Random): Buffer {
  const frames: Buffer[] = [];
  for (let count = 1 + below(6); count > 0; count--) {
    let first = (below(3) > 0 ? 0x80 : 0) | (OPCODES[below(OPCODES.length)] ?? 0);
    if (below(40) === 0) first = below(256);
    let payload = PAYLOADS[below(PAYLOADS.length)] ?? NO_PAYLOAD;
    if ((first & 0x0f) === 8) payload = Buffer.concat([Buffer.from([below(20), below(256)]), payload.subarray(0, 100)]);
    if (payload.length > 0 && below(12) === 0) {
      payload = Buffer.from(payload);
      payload[below(payload.length)] = below(256);
    }
    if (payload.length > 0 && below(12) === 0) payload = payload.subarray(0, below(payload.length));
    const bytes = frame(first, payload, below(0xffffffff));
    if (below(60) === 0) bytes[below(Math.min(14, bytes.length))] = below(256);
    frames.push(bytes);
  }
  const stream = Buffer.concat(frames);
  return below(4) === 0 ? stream.subarray(0, below(stream.length + 1)) : stream;
}

/** `stream` in pieces of 1 to `most` octets each. */
export function randomPieces(stream: Buffer, most: number, below: Random): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    const size = 1 + below(most);
    pieces.push(stream.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** Takes away from a stream that `fails` what can be taken away so that it still does: for whoever has to look at it. */
export function shrink(stream: Buffer, fails: (stream: Buffer) => boolean): Buffer {
  let least = stream;
  for (let size = least.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < least.length; ) {
      const without = Buffer.concat([least.subarray(0, at), least.subarray(at + size)]);
      if (fails(without)) least = without;
      else at += size;
    }
  }
  return least;
}

import { frame } from './protocol-kit.ts';

/**
 * Number of random streams to test, set by the environment variable `WS_RUNS`. The numbers of other random tests grow
 * in proportion. `WS_RUNS=50000000` takes a night, `WS_RUNS=2000` a second.
 */
const STREAMS = Number(process.env.WS_RUNS ?? 1_000_000);

/**
 * Seed of the random numbers, shown in the test titles. The default is fixed, which makes runs repeatable. `WS_SEED=7`
 * sets another seed.
 */
export const SEED = Number(process.env.WS_SEED ?? 20_261_123);

/**
 * Changes a number of runs in proportion to `WS_RUNS`.
 *
 * @param perMillion number of runs if `WS_RUNS` has its default, one million.
 * @returns at least 1.
 */
export function scaledRuns(perMillion: number): number {
  return Math.max(1, Math.round((perMillion * STREAMS) / 1_000_000));
}

/** Returns a random integer from 0 to `below - 1`. */
export type Random = (below: number) => number;

/** Creates a pseudo-random generator (mulberry32). The same seed gives the same numbers. */
export function createRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Largest accepted message in the tests with random streams. Some of their messages are one byte larger. */
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
const EMPTY_PAYLOAD = Buffer.alloc(0);
const OPCODES = [1, 1, 1, 2, 2, 2, 0, 0, 0, 9, 10, 8];

/**
 * Builds a stream of one to six client frames. Most frames are valid, some have an error. About every fourth stream is
 * cut at a random position.
 */
export function randomStream(random: Random): Buffer {
  const frames: Buffer[] = [];
  for (let count = 1 + random(6); count > 0; count--) {
    let first = (random(3) > 0 ? 0x80 : 0) | (OPCODES[random(OPCODES.length)] ?? 0);
    if (random(40) === 0) first = random(256);
    let payload = PAYLOADS[random(PAYLOADS.length)] ?? EMPTY_PAYLOAD;
    if ((first & 0x0f) === 8)
      payload = Buffer.concat([Buffer.from([random(20), random(256)]), payload.subarray(0, 100)]);
    if (payload.length > 0 && random(12) === 0) {
      payload = Buffer.from(payload);
      payload[random(payload.length)] = random(256);
    }
    if (payload.length > 0 && random(12) === 0) payload = payload.subarray(0, random(payload.length));
    const bytes = frame(first, payload, random(0xffffffff));
    if (random(60) === 0) bytes[random(Math.min(14, bytes.length))] = random(256);
    frames.push(bytes);
  }
  const stream = Buffer.concat(frames);
  return random(4) === 0 ? stream.subarray(0, random(stream.length + 1)) : stream;
}

/** Splits `stream` into pieces of 1 to `maxBytes` bytes. */
export function randomPieces(stream: Buffer, maxBytes: number, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    const size = 1 + random(maxBytes);
    pieces.push(stream.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/**
 * Shortens a stream on which a test fails: removes as many bytes as possible while the test still fails. A short stream
 * is easier to debug.
 */
export function shrink(stream: Buffer, fails: (stream: Buffer) => boolean): Buffer {
  let shortest = stream;
  for (let size = shortest.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < shortest.length; ) {
      const without = Buffer.concat([shortest.subarray(0, at), shortest.subarray(at + size)]);
      if (fails(without)) shortest = without;
      else at += size;
    }
  }
  return shortest;
}

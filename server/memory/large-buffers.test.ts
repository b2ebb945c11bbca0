import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LargeBuffer } from './large-buffers.ts';

const MIB = 1024 * 1024;

/** Made anew for each test: what is kept of one is no business of the next. */
let { releaseLargeBuffers, largeBufferOf, acquireLargeBuffer }: typeof import('./large-buffers.ts') = await import(
  './large-buffers.ts'
);
let { isBorrowed }: typeof import('./borrowed-memory.ts') = await import('./borrowed-memory.ts');

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.resetModules();
  ({ isBorrowed } = await import('./borrowed-memory.ts'));
  ({ releaseLargeBuffers, largeBufferOf, acquireLargeBuffer } = await import('./large-buffers.ts'));
});
afterEach(() => {
  vi.useRealTimers();
});

function grown(bytes: number): LargeBuffer {
  const room = acquireLargeBuffer(bytes);
  room.grow(bytes);
  return room;
}

test('a room grows where it is, with what it holds in front', () => {
  const room = grown(100_000);
  const { bytes } = room;
  bytes.fill('a');
  room.grow(16 * MIB);
  expect(room.bytes.buffer === bytes.buffer).toBe(true);
  expect(room.bytes.length).toBe(16 * MIB);
  expect(room.bytes.subarray(0, 100_000).equals(Buffer.alloc(100_000, 'a'))).toBe(true);
  room.release();
});

test('a room that grows beyond its addresses takes what it holds along, and leaves nothing behind', () => {
  const room = grown(64 * MIB);
  const { bytes } = room;
  bytes.fill('a');
  room.grow(64 * MIB + 1);
  expect(bytes.length).toBe(0);
  expect(room.bytes.length).toBe(64 * MIB + 1);
  expect(room.bytes.subarray(0, 64 * MIB).equals(Buffer.alloc(64 * MIB, 'a'))).toBe(true);
  expect(largeBufferOf(room.bytes) === room).toBe(true);
  // Now it has several times as many.
  const { buffer } = room.bytes;
  room.grow(200 * MIB);
  expect(room.bytes.buffer === buffer).toBe(true);
  room.release();
});

test('who takes a room holds it, and it serves the next when the last of its holders lets go', () => {
  const room = grown(100_000);
  for (let round = 0; round < 2; round++) {
    room.retain();
    room.release();
    const other = acquireLargeBuffer(0);
    expect(other === room).toBe(false);
    room.release();
    const next = acquireLargeBuffer(0);
    expect(next === room).toBe(true);
    expect(next.bytes).toHaveLength(0);
    other.release();
  }
  room.release();
});

test('memory that nobody holds serves the next at once, and goes when none came for a second', () => {
  const room = grown(MIB);
  const { bytes } = room;
  room.release();
  vi.advanceTimersByTime(999);
  expect(bytes.length).toBe(MIB);
  const next = grown(100_000);
  expect(next.bytes.buffer === bytes.buffer).toBe(true);
  expect(next.bytes).toHaveLength(100_000);
  next.release();
  vi.advanceTimersByTime(999);
  expect(bytes.length).toBe(MIB);
  vi.advanceTimersByTime(1);
  expect(bytes.length).toBe(0);
});

test('memory that somebody holds stays', () => {
  const [room, other] = [grown(100_000), grown(100_000)];
  const { bytes } = room;
  bytes.fill('a');
  other.release();
  vi.advanceTimersByTime(1_000);
  expect(bytes.equals(Buffer.alloc(100_000, 'a'))).toBe(true);
  room.release();
});

/** Two rooms are needed at once, and then no more. @returns what of them is still there. */
function idle(first: number, second: number): number[] {
  const two = [grown(first), grown(second)];
  const lay = two.map(({ bytes }) => bytes);
  for (const room of two) room.release();
  return lay.map(({ length }) => length);
}

test('no more than 32 MiB are idle, whatever came and went before', () => {
  for (let round = 0; round < 3; round++) {
    expect(idle(20 * MIB, 12 * MIB)).toEqual([20 * MIB, 12 * MIB]);
    expect(idle(20 * MIB, 12 * MIB + 1)).toEqual([20 * MIB, 0]);
    // Some of it in use for less than it could hold, and some of it outgrown.
    const small = grown(10);
    small.grow(MIB);
    small.release();
    const large = grown(65 * MIB);
    large.release();
    expect(large.bytes.length).toBe(0);
    vi.advanceTimersByTime(1_000);
  }
});

test('what a room in use has beyond its need counts as idle too', () => {
  const large = grown(20 * MIB);
  large.release();
  const small = grown(MIB);
  expect(small === large).toBe(true);
  const other = grown(14 * MIB);
  const { bytes } = other;
  expect(bytes.length).toBe(14 * MIB);
  other.release();
  expect(bytes.length).toBe(0);
  small.grow(20 * MIB);
  const another = grown(14 * MIB);
  const kept = another.bytes;
  another.release();
  expect(kept.length).toBe(14 * MIB);
  small.release();
});

test('of those that are kept the smallest that suffices is taken, or else the largest', () => {
  const sizes = [3, 9, 1, 5, 7].map((mib) => mib * MIB);
  const rooms = sizes.map(grown);
  const keep = () => {
    for (const room of rooms) room.release();
  };
  const taken = (bytes: number[]) =>
    bytes.map((needed) => {
      const room = acquireLargeBuffer(needed);
      return room.capacity / MIB;
    });
  keep();
  expect(taken([4 * MIB, 7 * MIB, 0, 4 * MIB, 4 * MIB])).toEqual([5, 7, 1, 9, 3]);
  keep();
  expect(taken([9 * MIB + 1, 8 * MIB, 5 * MIB, 5 * MIB + 1, MIB + 1])).toEqual([9, 7, 5, 3, 1]);
  keep();
});

test('64 rooms are kept for the next, the others go, and their memory at once', () => {
  const many = Array.from({ length: 70 }, () => grown(100_000));
  const lay = many.map(({ bytes }) => bytes);
  for (const room of many) room.release();
  expect(lay.map(({ length }) => length)).toEqual(many.map((_, n) => (n < 64 ? 100_000 : 0)));
  const again = many.map(() => acquireLargeBuffer(0));
  expect(many.map((room) => again.includes(room))).toEqual(many.map((_, n) => n < 64));
  for (const room of again) room.release();
});

test('beyond 8,192 in use at once they are of plain memory, which grows too, and is left to the collector', () => {
  const grows = (room: LargeBuffer) => {
    room.grow(100_000);
    return (room.bytes.buffer as ArrayBuffer).resizable;
  };
  const many = Array.from({ length: 8_191 }, () => acquireLargeBuffer(0));
  for (let round = 0; round < 2; round++) {
    const last = acquireLargeBuffer(0);
    expect(grows(last)).toBe(true);
    const plain = acquireLargeBuffer(0);
    expect(grows(plain)).toBe(false);
    const { bytes } = plain;
    expect([largeBufferOf(bytes) === plain, isBorrowed(bytes)]).toEqual([true, true]);
    bytes.fill('a');
    plain.grow(200_000);
    expect(plain.bytes.equals(Buffer.concat([Buffer.alloc(100_000, 'a')], 200_000))).toBe(true);
    plain.release();
    const another = acquireLargeBuffer(200_000);
    expect(another === plain).toBe(false);
    for (const room of [another, last, ...many]) room.release();
    // Most of them are new ones.
    many.splice(0, many.length, ...many.map(() => acquireLargeBuffer(0)));
    expect(many.every(grows)).toBe(true);
  }
  for (const room of many) room.release();
});

test('memory tells whether it lies in a room, and counts as lent there', () => {
  const room = grown(100_000);
  expect(largeBufferOf(room.bytes.subarray(5, 10)) === room).toBe(true);
  expect(isBorrowed(room.bytes)).toBe(true);
  expect(largeBufferOf(Buffer.alloc(10))).toBeUndefined();
  room.release();
});

test('of pieces, those that lie in rooms are let go of, once for each', () => {
  const room = grown(100_000);
  room.retain();
  const { bytes } = room;
  releaseLargeBuffers([bytes.subarray(0, 10), Buffer.alloc(10), bytes.subarray(10)]);
  expect(acquireLargeBuffer(0) === room).toBe(true);
  room.release();
});

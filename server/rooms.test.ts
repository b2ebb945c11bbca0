import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isLent } from './lent.ts';
import { type Room, releaseRooms, roomOf, takeRoom } from './rooms.ts';

const MIB = 1024 * 1024;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  // What this test left idle is no business of the next one.
  taken().release();
  vi.advanceTimersByTime(1_000);
  vi.useRealTimers();
});

function taken(): Room {
  const room = takeRoom();
  if (room === undefined) throw new Error('too many rooms are in use');
  return room;
}

function grown(bytes: number): Room {
  const room = taken();
  room.grow(bytes);
  return room;
}

test('a room grows where it is, with what it holds in front', () => {
  const room = grown(100_000);
  const { bytes } = room;
  bytes.fill('a');
  room.grow(16 * MIB);
  expect(room.bytes.buffer === bytes.buffer).toBe(true);
  expect(room.bytes).toHaveLength(16 * MIB);
  expect(room.bytes.subarray(0, 100_000).equals(Buffer.alloc(100_000, 'a'))).toBe(true);
  room.release();
});

test('a room that grows beyond its addresses takes what it holds along, and leaves nothing behind', () => {
  const room = grown(64 * MIB);
  const { bytes } = room;
  bytes.fill('a');
  room.grow(64 * MIB + 1);
  expect(bytes).toHaveLength(0);
  expect(room.bytes).toHaveLength(64 * MIB + 1);
  expect(room.bytes.subarray(0, 64 * MIB).equals(Buffer.alloc(64 * MIB, 'a'))).toBe(true);
  expect(roomOf(room.bytes) === room).toBe(true);
  // Now it has several times as many.
  const { buffer } = room.bytes;
  room.grow(200 * MIB);
  expect(room.bytes.buffer === buffer).toBe(true);
  room.release();
});

test('who takes a room holds it, and it serves the next when the last of its holders lets go', () => {
  const room = grown(100_000);
  for (let round = 0; round < 2; round++) {
    room.hold();
    room.release();
    const other = taken();
    expect(other === room).toBe(false);
    room.release();
    const next = taken();
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
  expect(bytes).toHaveLength(MIB);
  const next = grown(100_000);
  expect(next.bytes.buffer === bytes.buffer).toBe(true);
  expect(next.bytes).toHaveLength(100_000);
  next.release();
  vi.advanceTimersByTime(999);
  expect(bytes).toHaveLength(MIB);
  vi.advanceTimersByTime(1);
  expect(bytes).toHaveLength(0);
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

test('no more than 64 MiB are idle, whatever came and went before', () => {
  for (let round = 0; round < 3; round++) {
    expect(idle(40 * MIB, 24 * MIB)).toEqual([40 * MIB, 24 * MIB]);
    expect(idle(40 * MIB, 24 * MIB + 1)).toEqual([40 * MIB, 0]);
    // Some of it in use for less than it could hold, and some of it outgrown.
    const small = grown(10);
    small.grow(MIB);
    small.release();
    const large = grown(65 * MIB);
    large.release();
    expect(large.bytes).toHaveLength(0);
    vi.advanceTimersByTime(1_000);
  }
});

test('what a room in use has beyond its need counts as idle too', () => {
  const large = grown(40 * MIB);
  large.release();
  const small = grown(MIB);
  expect(small === large).toBe(true);
  const other = grown(30 * MIB);
  const { bytes } = other;
  other.release();
  expect(bytes).toHaveLength(0);
  small.grow(40 * MIB);
  const another = grown(30 * MIB);
  const kept = another.bytes;
  another.release();
  expect(kept).toHaveLength(30 * MIB);
  small.release();
});

test('64 rooms are kept for the next, the others go, and their memory at once', () => {
  const many = Array.from({ length: 70 }, () => grown(100_000));
  const lay = many.map(({ bytes }) => bytes);
  for (const room of many) room.release();
  expect(lay.map(({ length }) => length)).toEqual(many.map((_, n) => (n < 64 ? 100_000 : 0)));
  const again = many.map(taken);
  expect(many.map((room) => again.includes(room))).toEqual(many.map((_, n) => n < 64));
  for (const room of again) room.release();
});

test('8,192 are in use at once and not one more, until one is let go of', () => {
  const all = Array.from({ length: 8_192 }, taken);
  for (let round = 0; round < 2; round++) {
    expect(takeRoom()).toBeUndefined();
    all.pop()?.release();
    all.push(taken());
  }
  for (const room of all) room.release();
});

test('memory tells whether it lies in a room, and counts as lent there', () => {
  const room = grown(100_000);
  expect(roomOf(room.bytes.subarray(5, 10)) === room).toBe(true);
  expect(isLent(room.bytes)).toBe(true);
  expect(roomOf(Buffer.alloc(10))).toBeUndefined();
  room.release();
});

test('of pieces, those that lie in rooms are let go of, once for each', () => {
  const room = grown(100_000);
  room.hold();
  const { bytes } = room;
  releaseRooms([bytes.subarray(0, 10), Buffer.alloc(10), bytes.subarray(10)]);
  expect(takeRoom() === room).toBe(true);
  room.release();
});

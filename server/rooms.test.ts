import { expect, test } from 'vitest';
import { giveRoom, takeRoom } from './rooms.ts';

const KIB = 1024;

test('a large room serves again where at least half of it is needed', () => {
  const room = takeRoom(256 * KIB);
  giveRoom(room);
  expect(takeRoom(128 * KIB - 1).length).toBe(128 * KIB - 1);
  expect(takeRoom(257 * KIB).length).toBe(257 * KIB);
  expect(takeRoom(128 * KIB) === room).toBe(true);
  expect(takeRoom(128 * KIB) === room).toBe(false);
});

test('a small room is the collector’s', () => {
  const room = takeRoom(64 * KIB - 1);
  giveRoom(room);
  expect(takeRoom(64 * KIB - 1) === room).toBe(false);
});

test('a room of 64 KiB is not: it serves whoever needs that much, and nobody who needs little', () => {
  const rooms = [takeRoom(64 * KIB), takeRoom(64 * KIB)];
  for (const room of rooms) giveRoom(room);
  expect(takeRoom(63 * KIB).length).toBe(63 * KIB);
  const again = rooms.map(() => takeRoom(64 * KIB));
  expect(rooms.every((room) => again.includes(room))).toBe(true);
});

test('no more than 4 MiB are kept', () => {
  const rooms = Array.from({ length: 5 }, () => takeRoom(1024 * KIB));
  for (const room of rooms) giveRoom(room);
  const again = new Set(rooms.map(() => takeRoom(1024 * KIB)));
  expect(rooms.map((room) => again.has(room))).toEqual([true, true, true, true, false]);
});

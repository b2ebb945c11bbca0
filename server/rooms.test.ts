import { expect, test } from 'vitest';
import { giveRoom, takeRoom } from './rooms.ts';

const KIB = 1024;

test('a large room serves again where at least half of it is needed', () => {
  const room = takeRoom(256 * KIB);
  giveRoom(room);
  expect(takeRoom(128 * KIB - 1)).toHaveLength(128 * KIB - 1);
  expect(takeRoom(257 * KIB)).toHaveLength(257 * KIB);
  expect(takeRoom(128 * KIB)).toBe(room);
  expect(takeRoom(128 * KIB)).not.toBe(room);
});

test('a small room is the collector’s', () => {
  const room = takeRoom(64 * KIB - 1);
  giveRoom(room);
  expect(takeRoom(64 * KIB - 1)).not.toBe(room);
});

test('no more than 4 MiB are kept', () => {
  const rooms = Array.from({ length: 5 }, () => takeRoom(1024 * KIB));
  for (const room of rooms) giveRoom(room);
  const again = new Set(rooms.map(() => takeRoom(1024 * KIB)));
  expect(rooms.map((room) => again.has(room))).toEqual([true, true, true, true, false]);
});

import { expect, test } from 'vitest';
import { Pace } from './pace.ts';

const KIB = 1024;

test('reads grow while they are quick, up to 512 KiB', () => {
  const pace = new Pace();
  const sizes = [0.1, 0.9, 0.1, 0.1, 0.1].map((tookMs) => {
    pace.full(tookMs);
    return pace.mostBytes / KIB;
  });
  expect(sizes).toEqual([128, 256, 512, 512, 512]);
});

test('reads shrink while each takes more than 4 ms, down to 16 KiB, and stay as they are in between', () => {
  const pace = new Pace();
  const sizes = [5, 5, 5, 4, 1].map((tookMs) => {
    pace.full(tookMs);
    return pace.mostBytes / KIB;
  });
  expect(sizes).toEqual([32, 16, 16, 16, 16]);
});

test('others have their turn after more than 4 ms of full reads, one or several, and the count begins anew', () => {
  const pace = new Pace();
  expect([2, 2, 1, 4, 1].map((tookMs) => pace.full(tookMs))).toEqual([false, false, true, false, true]);
});

test('a read that leaves nothing waiting ends the count', () => {
  const pace = new Pace();
  expect(pace.full(4)).toBe(false);
  pace.empty();
  expect(pace.full(4)).toBe(false);
});

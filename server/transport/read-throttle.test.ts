import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ReadThrottle, TurnBudget } from './read-throttle.ts';

const KIB = 1024;

/**
 * Records full reads (reads of the maximum size) that take `tookMs` each, one read per turn of the event loop.
 *
 * @returns the read size in KiB after each read.
 */
async function readSizesKib(...tookMs: number[]): Promise<number[]> {
  const throttle = new ReadThrottle(new TurnBudget());
  const kib: number[] = [];
  for (const ms of tookMs) {
    throttle.recordFullRead(ms);
    kib.push(throttle.maxBytes / KIB);
    await setImmediate();
  }
  return kib;
}

test('reads grow while they are quick, up to 512 KiB', async () => {
  expect(await readSizesKib(0.1, 0.9, 0.1, 0.1, 0.1)).toEqual([128, 256, 512, 512, 512]);
});

test('reads shrink while each takes more than 4 ms, down to 4 KiB, and keep their size in between', async () => {
  expect(await readSizesKib(5, 4, 1, 5, 5, 5, 5, 0.9)).toEqual([32, 32, 32, 16, 8, 4, 4, 8]);
});

test('connections yield after 4 ms of full reads in one turn, and the next turn starts from zero', async () => {
  const budget = new TurnBudget();
  const [one, other] = [new ReadThrottle(budget), new ReadThrottle(budget)];
  expect([one.recordFullRead(2), other.recordFullRead(2), one.recordFullRead(0.1), other.recordFullRead(0.1)]).toEqual([
    false,
    false,
    true,
    true,
  ]);
  await setImmediate();
  expect([one.recordFullRead(4), other.recordFullRead(0.1)]).toEqual([false, true]);
});

test('in a long turn an expensive connection gets smaller reads, and a cheap one keeps its size', () => {
  const budget = new TurnBudget();
  const [expensive, cheap] = [new ReadThrottle(budget), new ReadThrottle(budget)];
  expensive.recordFullRead(5);
  expensive.recordFullRead(0.3);
  cheap.recordFullRead(0.2);
  expect([expensive.maxBytes / KIB, cheap.maxBytes / KIB]).toEqual([16, 64]);
});

test('all connections of a process share one budget', async () => {
  await setImmediate();
  expect([new ReadThrottle().recordFullRead(3), new ReadThrottle().recordFullRead(3)]).toEqual([false, true]);
});

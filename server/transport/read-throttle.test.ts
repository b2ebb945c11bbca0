import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ReadThrottle, TurnBudget } from './read-throttle.ts';

const KIB = 1024;

/** What each of these full reads, every one in a turn of its own, lets the next bring, in KiB. */
async function sizes(...tookMs: number[]): Promise<number[]> {
  const pace = new ReadThrottle(new TurnBudget());
  const most: number[] = [];
  for (const ms of tookMs) {
    pace.recordFullRead(ms);
    most.push(pace.maxBytes / KIB);
    await setImmediate();
  }
  return most;
}

test('reads grow while they are quick, up to 512 KiB', async () => {
  expect(await sizes(0.1, 0.9, 0.1, 0.1, 0.1)).toEqual([128, 256, 512, 512, 512]);
});

test('reads shrink while each takes more than 4 ms, down to 4 KiB, and stay as they are in between', async () => {
  expect(await sizes(5, 4, 1, 5, 5, 5, 5, 0.9)).toEqual([32, 32, 32, 16, 8, 4, 4, 8]);
});

test('it is the turn of others after more than 4 ms of full reads, whosever they are, and the count begins anew', async () => {
  const turn = new TurnBudget();
  const [one, other] = [new ReadThrottle(turn), new ReadThrottle(turn)];
  expect([one.recordFullRead(2), other.recordFullRead(2), one.recordFullRead(0.1), other.recordFullRead(0.1)]).toEqual([
    false,
    false,
    true,
    true,
  ]);
  await setImmediate();
  expect([one.recordFullRead(4), other.recordFullRead(0.1)]).toEqual([false, true]);
});

test('in a long turn who costs much reads less the next time, and who costs little neither more nor less', () => {
  const turn = new TurnBudget();
  const [dear, cheap] = [new ReadThrottle(turn), new ReadThrottle(turn)];
  dear.recordFullRead(5);
  dear.recordFullRead(0.3);
  cheap.recordFullRead(0.2);
  expect([dear.maxBytes / KIB, cheap.maxBytes / KIB]).toEqual([16, 64]);
});

test('all connections of a process share its turns', async () => {
  await setImmediate();
  expect([new ReadThrottle().recordFullRead(3), new ReadThrottle().recordFullRead(3)]).toEqual([false, true]);
});

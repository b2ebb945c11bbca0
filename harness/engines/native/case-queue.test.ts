import { describe, expect, it } from 'vitest';
import { cases } from '../../suites/autobahn/cases/index.ts';
import { CaseQueue } from './case-queue.ts';
import { isHeavy, plannedWait, timeLimit, workload } from './workload.ts';

const some = (...patterns: RegExp[]) => cases.filter(({ id }) => patterns.some((pattern) => pattern.test(id)));
const alone = { heavy: [], open: 0, atOnce: 8, isSlow: false };

describe('the queue of cases', () => {
  it('gives each of the 517 cases once', () => {
    const queue = new CaseQueue(cases);
    const taken = [queue.takeFirst()];
    while (!queue.isEmpty) {
      const next = queue.take(alone);
      if (next === null) throw new Error('the queue gives nothing, although nothing is played');
      if (isHeavy(next)) queue.tookMs(next, 1);
      taken.push(next);
    }
    expect(taken.map((testCase) => testCase?.id).sort()).toEqual(cases.map(({ id }) => id).sort());
  });

  it('gives the shortest wait to be played alone, then the longest wait', () => {
    const queue = new CaseQueue(some(/^6\.4\./, /^1\.1\.[1-5]$/));
    expect(queue.takeFirst()?.id).toMatch(/^1\.1\./);
    const waits = Array.from({ length: 5 }, () => {
      const next = queue.take(alone);
      return next === null ? -1 : plannedWait(next);
    });
    expect(waits).toEqual([2, 2, 2, 2, 0]);
  });

  it('gives the smallest heavy case first and alone among heavy ones, then the largest, four at a time', () => {
    const heavy = some(/^9\.[12]\./);
    const sizes = heavy.map(workload);
    const queue = new CaseQueue(heavy);
    const first = queue.take(alone);
    if (first === null) throw new Error('no case');
    expect(workload(first)).toBe(Math.min(...sizes));
    expect(queue.take({ ...alone, heavy: [first] })).toBe(null);
    queue.tookMs(first, 1);
    const busy = [];
    for (let next = queue.take(alone); next !== null; next = queue.take({ ...alone, heavy: busy })) busy.push(next);
    expect(busy).toHaveLength(4);
    expect(workload(busy[0] ?? first)).toBe(Math.max(...sizes));
  });

  it('gives the cases that send frames in pieces first, before any heavy case', () => {
    const queue = new CaseQueue(some(/^9\.1\./, /^5\.[3-8]$/));
    const ids = Array.from({ length: 3 }, () => queue.take(alone)?.id);
    expect(ids).toEqual(['5.5', '5.8', '9.1.1']);
  });

  it('keeps up to twelve light cases to the end as witnesses, an eighth of them at most', () => {
    const lefts = [some(/^[1-7]\./), some(/^6\.[1-4]\./), some(/^2\.[1-3]$/)].map((chosen) => {
      const queue = new CaseQueue(chosen);
      let left = chosen.length;
      for (; !queue.hasOnlyWitnesses; left--) queue.take(alone);
      return left;
    });
    expect(lefts).toEqual([12, 1, 0]);
  });

  it('gives light cases while the heavy ones have to wait', () => {
    const queue = new CaseQueue(some(/^9\.1\./, /^1\.1\.[1-5]$/));
    const first = queue.take(alone);
    expect(first?.id).toMatch(/^9\./);
    expect(queue.take({ ...alone, heavy: first === null ? [] : [first] })?.id).toMatch(/^1\./);
  });

  it('gives no heavy case beside others that would probably not end within a quarter of its time limit', () => {
    const queue = new CaseQueue(some(/^9\.1\./));
    const first = queue.take(alone);
    if (first === null) throw new Error('no case');
    // A server that needs 2 s for 64 KiB would need about eight minutes for 16 MiB.
    queue.tookMs(first, 2000);
    const second = queue.take(alone);
    expect(second).not.toBe(null);
    if (second !== null) expect(queue.take({ ...alone, heavy: [second] })).toBe(null);
  });

  it('keeps heavy cases for the end if the server is slow, and gives them while nothing else is open', () => {
    const queue = new CaseQueue(some(/^9\.1\./, /^1\.1\.1$/));
    const slow = { ...alone, isSlow: true };
    expect(queue.take(slow)?.id).toBe('1.1.1');
    expect(queue.take({ ...slow, open: 1 })).toBe(null);
    expect(queue.take(slow)?.id).toMatch(/^9\.1\./);
  });
});

it('knows the time limit of a case: the shortest of its script', () => {
  expect(some(/^(1\.1\.1|9\.1\.6|9\.7\.1)$/).map((testCase) => timeLimit(testCase))).toEqual([1, 100, 60]);
});

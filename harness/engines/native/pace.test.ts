import { describe, expect, it } from 'vitest';
import { Pace } from './pace.ts';

describe('the pace', () => {
  it('is halved by a slow answer, and never less than one case at a time', () => {
    const pace = new Pace(8);
    expect(pace.atOnce).toBe(8);
    const reached = [1000, 2000, 3000, 4000].map((now) => {
      pace.answered(true, 500, now);
      return pace.atOnce;
    });
    expect(reached).toEqual([4, 2, 1, 1]);
  });

  it('is halved once by slow answers that were under way at the same time', () => {
    const pace = new Pace(8);
    for (const now of [1000, 1001, 1400]) pace.answered(true, 500, now);
    expect(pace.atOnce).toBe(4);
  });

  it('is raised by answers in time, up to the most that the user allows', () => {
    const pace = new Pace(3);
    for (const now of [1000, 2000]) pace.answered(true, 500, now);
    expect(pace.atOnce).toBe(1);
    const reached = Array.from({ length: 9 }, () => {
      pace.answered(false, 1, 2100);
      return pace.atOnce;
    });
    expect(reached).toEqual([1, 2, 2, 2, 2, 3, 3, 3, 3]);
  });

  it('lets a case count as busy for three answers of the server, and for 50 ms at least', () => {
    expect([0, 10, 300].map((aloneMs) => new Pace(8).busyMs(aloneMs))).toEqual([50, 50, 900]);
  });
});

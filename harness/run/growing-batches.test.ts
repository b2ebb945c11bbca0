import { describe, expect, test } from 'vitest';
import { caseInfo, suiteIds } from '../suites/autobahn/catalogue.ts';
import { growingBatches } from './growing-batches.ts';

describe('growingBatches', () => {
  const weightOf = (id: string) => caseInfo(id)?.weightMs ?? 0;

  test('keeps the order of the plan, starts with a small batch, and makes at most ten batches', () => {
    const batches = growingBatches(suiteIds, weightOf);
    expect(batches.flat()).toEqual(suiteIds);
    expect(batches[0]?.length).toBeLessThanOrEqual(20);
    expect(batches.length).toBeLessThanOrEqual(10);
    for (const [n, ids] of batches.entries()) {
      expect(ids.length).toBeGreaterThan(0);
      const weight = ids.reduce((sum, id) => sum + weightOf(id), 0);
      if (ids.length > 1) expect(weight).toBeLessThanOrEqual(2000 * 2 ** n);
    }
  });

  test('gives each case that is heavier than a batch a batch of its own', () => {
    expect(growingBatches(['1.1.1', '1.1.2'], () => 99_999)).toEqual([['1.1.1'], ['1.1.2']]);
  });

  test('makes no batch of an empty plan', () => {
    expect(growingBatches([], weightOf)).toEqual([]);
  });
});

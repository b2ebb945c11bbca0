import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitByWeight } from './split-by-weight.ts';

const items = fc.array(fc.nat({ max: 1000 }), { maxLength: 200 });
const identity = (weight: number) => weight;

describe('splitByWeight', () => {
  test('puts each item into exactly one part', () => {
    fc.assert(
      fc.property(items, fc.integer({ min: 1, max: 12 }), (list, count) => {
        const numbered = list.map((weight, position) => ({ weight, position }));
        const parts = splitByWeight(numbered, count, (item) => item.weight).flat();
        expect(parts.map((item) => item.position).sort((a, b) => a - b)).toEqual(numbered.map((item) => item.position));
      }),
    );
  });

  test('makes no part heavier than the lightest part by more than one item', () => {
    fc.assert(
      fc.property(items, fc.integer({ min: 1, max: 12 }), (list, count) => {
        const weights = splitByWeight(list, count, identity).map((part) =>
          part.reduce((sum, weight) => sum + weight, 0),
        );
        expect(Math.max(...weights) - Math.min(...weights)).toBeLessThanOrEqual(Math.max(0, ...list));
      }),
    );
  });

  test('keeps the order of the list in each part', () => {
    expect(splitByWeight([5, 1, 4, 2], 2, identity)).toEqual([
      [5, 1],
      [4, 2],
    ]);
  });

  test('gives each part the same number of items if no item has weight', () => {
    expect(splitByWeight(['a', 'b', 'c', 'd'], 2, () => 0)).toEqual([
      ['a', 'c'],
      ['b', 'd'],
    ]);
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shardOf, splitByWeight } from './shards.ts';

const items = fc.array(fc.nat({ max: 1000 }), { maxLength: 200 });
const identity = (weight: number) => weight;

test('the union of the shares is the list: no item lost, none twice', () => {
  fc.assert(
    fc.property(items, fc.integer({ min: 1, max: 12 }), (list, count) => {
      const named = list.map((weight, place) => ({ weight, place }));
      const dealt = splitByWeight(named, count, (item) => item.weight).flat();
      expect(dealt.map((item) => item.place).sort((a, b) => a - b)).toEqual(named.map((item) => item.place));
    }),
  );
});

test('no share is heavier than the lightest by more than one item', () => {
  fc.assert(
    fc.property(items, fc.integer({ min: 1, max: 12 }), (list, count) => {
      const weights = splitByWeight(list, count, identity).map((share) =>
        share.reduce((sum, weight) => sum + weight, 0),
      );
      expect(Math.max(...weights) - Math.min(...weights)).toBeLessThanOrEqual(Math.max(0, ...list));
    }),
  );
});

test('each share keeps the order of the list, and is counted from 1', () => {
  expect(splitByWeight([5, 1, 4, 2], 2, identity)).toEqual([
    [5, 1],
    [4, 2],
  ]);
  expect(shardOf([5, 1, 4, 2], 2, 2, identity)).toEqual([4, 2]);
});

test('items without weight are shared out all the same', () => {
  expect(splitByWeight(['a', 'b', 'c', 'd'], 2, () => 0)).toEqual([
    ['a', 'c'],
    ['b', 'd'],
  ]);
});

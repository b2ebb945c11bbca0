import { expect, test } from 'vitest';
import { catalogue } from '../suites/autobahn/catalogue.ts';
import { casesOfShard, makePlan } from './plan.ts';

test('makePlan takes all allowed cases if there is no pattern', () => {
  expect(makePlan(catalogue, [])).toEqual(catalogue);
});

test('shards are counted from 1, and together have the cases of the plan', () => {
  const plan = makePlan(catalogue, ['1', '2']);
  const shards = [1, 2, 3].map((index) => casesOfShard(plan, { index, count: 3 }));
  expect(shards.every((cases) => cases.length > 0)).toBe(true);
  expect(new Set(shards.flat())).toEqual(new Set(plan));
  expect(casesOfShard(plan, { index: 4, count: 3 })).toEqual([]);
});

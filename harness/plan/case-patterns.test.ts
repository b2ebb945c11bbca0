import fc from 'fast-check';
import { expect, test } from 'vitest';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { groups } from '../suites/autobahn/suite.ts';
import { patternsFor } from './case-patterns.ts';
import { selectCases } from './match-cases.ts';

test.each([
  [['*'], []],
  [['1'], ['1']],
  [
    ['@core', '@limits'],
    ['!12', '!13'],
  ],
  [
    ['7.1.6', '7.5'],
    ['7.1.6', '7.5'],
  ],
  [['!7.1.6'], ['!7.1.6']],
  [['12.1.1-12.1.9'], Array.from({ length: 9 }, (_, i) => `12.1.${i + 1}`)],
])('%j is written as %j', (patterns, shortest) => {
  expect(patternsFor(selectCases(suiteIds, patterns, groups), suiteIds)).toEqual(shortest);
});

test('whatever is chosen, the patterns choose exactly that', () => {
  fc.assert(
    fc.property(fc.subarray([...suiteIds], { minLength: 1 }), (ids) => {
      expect(selectCases(suiteIds, patternsFor(ids, suiteIds))).toEqual(ids);
    }),
    { numRuns: 50 },
  );
});

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
])('patternsFor writes the cases of %j as %j', (patterns, shortest) => {
  expect(patternsFor(selectCases(suiteIds, patterns, groups), suiteIds)).toEqual(shortest);
});

test('the patterns select exactly the given cases, for any cases', () => {
  fc.assert(
    fc.property(fc.subarray([...suiteIds], { minLength: 1 }), (ids) => {
      expect(selectCases(suiteIds, patternsFor(ids, suiteIds))).toEqual(ids);
    }),
    { numRuns: 50 },
  );
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { idRanges } from './id-ranges.ts';

const PLAN = ['1.1.1', '1.1.2', '2.9', '2.10', '7.1.6', '9.1.1'];

it('makes one range of neighbours in the plan, also across sections', () => {
  expect(idRanges(PLAN, PLAN)).toEqual(['1.1.1-9.1.1']);
  expect(idRanges(['2.10', '1.1.2', '2.9'], PLAN)).toEqual(['1.1.2-2.10']);
  expect(idRanges(['1.1.1', '2.9', '2.10', '9.1.1'], PLAN)).toEqual(['1.1.1', '2.9-2.10', '9.1.1']);
  expect(idRanges(['1.1.2', '99.1'], PLAN)).toEqual(['1.1.2', '99.1']);
  expect(idRanges([], PLAN)).toEqual([]);
});

it('names each id of the plan exactly once', () => {
  fc.assert(
    fc.property(fc.subarray(PLAN), (ids) => {
      const named = idRanges(ids, PLAN).flatMap((range) => {
        const [from = '', to = from] = range.split('-');
        return PLAN.slice(PLAN.indexOf(from), PLAN.indexOf(to) + 1);
      });
      expect(named).toEqual(ids);
    }),
  );
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bigReport } from '../testing/sample-big.ts';
import { packIds, unpackIds } from './shown-ids.ts';

const PLAN = bigReport(1).cases.map(({ id }) => id);

it('makes one word of consecutive ids', () => {
  expect(packIds(['1.1.1', '1.1.2', '1.1.3', '2.9', '2.10', '7.1.6'])).toBe('1.1.1-3~2.9-10~7.1.6');
  expect(unpackIds('1.1.1-3~2.9-10~7.1.6')).toEqual(['1.1.1', '1.1.2', '1.1.3', '2.9', '2.10', '7.1.6']);
});

it('keeps ids that are not numbers', () => {
  const ids = ['frames-1', 'frames-2', '2.9', '2.10', 'upgrade.a'];
  expect(packIds(ids)).toBe('frames-1~frames-2~2.9-10~upgrade.a');
  expect(unpackIds(packIds(ids))).toEqual(ids);
});

it('packs and unpacks any selection of a plan, and is short for the whole plan', () => {
  fc.assert(
    fc.property(fc.subarray(PLAN), (ids) => {
      expect(unpackIds(packIds(ids))).toEqual(ids);
    }),
  );
  expect(packIds(PLAN).length).toBeLessThan(700);
});

it('unpacks only ids from an address', () => {
  expect(unpackIds('')).toEqual([]);
  expect(unpackIds('javascript:alert(1)~../7.1.6~7.1~1-999999999~5-2')).toEqual(['7.1']);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (words) => {
      for (const id of unpackIds(words)) expect(id).toMatch(/^[\d.]+$|^[a-z][\w-]*(\.[\w-]+)*$/i);
    }),
  );
});

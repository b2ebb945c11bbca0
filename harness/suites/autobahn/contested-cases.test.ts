import { expect, it } from 'vitest';
import { suiteIds } from './catalogue.ts';
import { disputeNotes } from './contested-cases.ts';

it('has no note that is about no case', () => {
  expect(suiteIds.filter((id) => disputeNotes(id).length > 0).length).toBeGreaterThan(100);
  expect(disputeNotes('1.1.1')).toEqual([]);
});

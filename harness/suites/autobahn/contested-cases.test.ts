import { expect, it } from 'vitest';
import { suiteIds } from './catalogue.ts';
import { disputeNotes } from './contested-cases.ts';

it('disputeNotes has notes for more than 100 cases, and none for 1.1.1', () => {
  expect(suiteIds.filter((id) => disputeNotes(id).length > 0).length).toBeGreaterThan(100);
  expect(disputeNotes('1.1.1')).toEqual([]);
});

import { expect, it } from 'vitest';
import { suiteIds } from './catalogue.ts';
import { contestedNotes } from './contested-cases.ts';

it('has no note that is about no case', () => {
  expect(suiteIds.filter((id) => contestedNotes(id).length > 0).length).toBeGreaterThan(100);
  expect(contestedNotes('1.1.1')).toEqual([]);
});

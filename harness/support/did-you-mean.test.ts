import { expect, test } from 'vitest';
import { closestTo } from './did-you-mean.ts';

test('returns the word that needs the fewest changed letters', () => {
  expect(closestTo('acept', ['run', 'accept', 'list'])).toBe('accept');
  expect(closestTo('7.1.66', ['7.1.6', '7.1', '9.1.6'])).toBe('7.1.6');
});

test('returns an empty text if there is no word to choose from', () => {
  expect(closestTo('x', [])).toBe('');
});

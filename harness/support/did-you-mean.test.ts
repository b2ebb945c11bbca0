import { expect, test } from 'vitest';
import { closestTo } from './did-you-mean.ts';

test('the nearest word is the one with the fewest letters to change', () => {
  expect(closestTo('acept', ['run', 'accept', 'list'])).toBe('accept');
  expect(closestTo('7.1.66', ['7.1.6', '7.1', '9.1.6'])).toBe('7.1.6');
});

test('without any word to choose from there is no guess', () => {
  expect(closestTo('x', [])).toBe('');
});

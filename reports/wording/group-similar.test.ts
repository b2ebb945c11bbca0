import fc from 'fast-check';
import { expect, it } from 'vitest';
import { groupSimilar, inCommon, unquoted } from './group-similar.ts';

it('groups four or more items that say the same, at the place of the first', () => {
  expect(groupSimilar(['a1', 'b1', 'a2', 'b2', 'a3', 'c1', 'a4', 'b3'], (one) => one.charAt(0))).toEqual([
    ['a1', 'a2', 'a3', 'a4'],
    ['b1'],
    ['b2'],
    ['c1'],
    ['b3'],
  ]);
  expect(groupSimilar(['a1', 'b1', 'a2'], (one) => one.charAt(0), 2)).toEqual([['a1', 'a2'], ['b1']]);
  expect(groupSimilar([], String)).toEqual([]);
});

it('contains every item exactly once, and keeps the order of the first items', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5)), fc.integer({ min: 1, max: 6 }), (keys, from) => {
      const all = keys.map((key, at) => ({ key, at }));
      const groups = groupSimilar(all, ({ key }) => String(key), from);
      expect(groups.flat().sort((a, b) => a.at - b.at)).toEqual(all);
      const firsts = groups.map(([{ at }]) => at);
      expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
      for (const group of groups) expect(group.length === 1 || group.length >= from).toBe(true);
    }),
  );
});

it('removes only the payloads of a sentence', () => {
  expect(unquoted('The 1st event was a text message “Hé\\x0d”, expected a pong “”.')).toBe(
    'The 1st event was a text message “…”, expected a pong “…”.',
  );
  expect(unquoted('The server’s close code was 1002, expected 1000.')).toBe(
    'The server’s close code was 1002, expected 1000.',
  );
});

it('names several cases by number and ranges, a single case by its id, and quotes payloads that all cases have', () => {
  const [a, b, c] = ['a', 'b', 'a'].map((sent, i) => ({ id: `1.${i}`, sentence: `It sent “${sent}”.` }));
  if (a === undefined || b === undefined || c === undefined) throw new Error('there are three');
  const plan = ['1.0', '1.1', '1.2'];
  expect(inCommon([a], plan)).toEqual({ name: '1.0', ranges: [], sentence: 'It sent “a”.' });
  expect(inCommon([a, c], plan)).toEqual({ name: '2 cases', ranges: ['1.0', '1.2'], sentence: 'It sent “a”.' });
  expect(inCommon([a, b, c], plan)).toEqual({ name: '3 cases', ranges: ['1.0-1.2'], sentence: 'It sent “…”.' });
});

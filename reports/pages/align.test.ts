import fc from 'fast-check';
import { expect, it } from 'vitest';
import { align } from './align.ts';

const shown = (left: string, right: string) =>
  align([...left], [...right], (one) => one).map(
    (pair) => `${pair.left ?? '.'}${pair.same ? '=' : '|'}${pair.right ?? '.'}`,
  );

it.each([
  ['', '', []],
  ['ab', 'ab', ['a=a', 'b=b']],
  ['ab', 'a', ['a=a', 'b|.']],
  ['a', 'ba', ['.|b', 'a=a']],
  ['abc', 'axc', ['a=a', 'b|x', 'c=c']],
  ['abcd', 'acd', ['a=a', 'b|.', 'c=c', 'd=d']],
  ['xay', 'za', ['x|z', 'a=a', 'y|.']],
] as const)('aligns %j with %j', (left, right, pairs) => {
  expect(shown(left, right)).toEqual(pairs);
});

it('keeps all items and both orders, and pairs only equal items as the same', () => {
  const list = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
  fc.assert(
    fc.property(list, list, (left, right) => {
      const pairs = align(left, right, (one) => one);
      expect(pairs.flatMap((pair) => pair.left ?? [])).toEqual(left);
      expect(pairs.flatMap((pair) => pair.right ?? [])).toEqual(right);
      for (const pair of pairs) expect(pair.same).toBe(pair.left !== null && pair.left === pair.right && pair.same);
    }),
  );
});

it('aligns lists of any length', () => {
  const long = Array.from({ length: 5000 }, (_, i) => String(i));
  expect(align(long, [...long].reverse(), (one) => one)).toHaveLength(5000);
});

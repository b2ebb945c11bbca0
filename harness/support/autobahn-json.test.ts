import { expect, test } from 'vitest';
import { autobahnJson } from './autobahn-json.ts';

test('writes JSON as Autobahn writes it: keys sorted as strings, three spaces, ASCII only', () => {
  const value = { b: [1, 0.5, null, true], a: { '10': 1, '9': 2, x: 'é\u007f\ud800𝄞' }, c: [], d: {} };
  expect(autobahnJson(value)).toBe(
    [
      '{',
      '   "a": {',
      '      "9": 2,',
      '      "10": 1,',
      String.raw`      "x": "\u00e9\u007f\ud800\ud834\udd1e"`,
      '   },',
      '   "b": [',
      '      1,',
      '      0.5,',
      '      null,',
      '      true',
      '   ],',
      '   "c": [],',
      '   "d": {}',
      '}',
    ].join('\n'),
  );
});

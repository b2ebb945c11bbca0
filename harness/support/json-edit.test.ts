import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withKey } from './json-edit.ts';
import { readJsonText } from './json-text.ts';

const byName = (key: string) => (other: string) => other < key;
const set = (text: string, key: string, value: unknown) => withKey(text, [], key, value, byName(key));

const LINES = `{
  // first of all
  "a": 1, // of a
  /* of b,
     and more */
  "b": { "x": 1, "y": 2 }, /* behind b,
  over two lines */
  // last of all
  "d": [1] // of d
}`;

describe('withKey changes one key and keeps the rest of the text:', () => {
  test.each([
    ['replaces a value', 'a', 7, LINES.replace('"a": 1', '"a": 7')],
    ['removes the comment on the line of a removed key', 'a', undefined, LINES.replace('\n  "a": 1, // of a', '')],
    [
      'removes the comma before a removed last key',
      'd',
      undefined,
      LINES.replace('2 }, /*', '2 } /*').replace('\n  "d": [1] // of d', ''),
    ],
    [
      'inserts a key in order, after the comments of the previous key',
      'c',
      true,
      LINES.replace('two lines */', 'two lines */\n  "c": true,'),
    ],
    ['inserts a first key', 'A', null, LINES.replace('{\n', '{\n  "A": null,\n')],
    [
      'inserts a last key, with a comma before it',
      'e',
      { y: [] },
      LINES.replace('"d": [1] // of d', '"d": [1], // of d\n  "e": {\n    "y": []\n  }'),
    ],
    ['removes nothing if the key does not exist', 'z', undefined, LINES],
  ])('%s', (_, key, value, expected) => {
    expect(set(LINES, key, value)).toBe(expected);
  });

  test.each([
    ['{}', 'a', 1, '{\n  "a": 1\n}'],
    ['{\n}', 'a', 1, '{\n  "a": 1\n}'],
    ['{ /* none yet */ }', 'a', 1, '{ /* none yet */ \n  "a": 1\n}'],
    ['{ "a": 1 }', 'b', [1, { c: 2 }], '{ "a": 1, "b": [1, { "c": 2 }] }'],
    ['{ "b": 1 }', 'a', 1, '{ "a": 1, "b": 1 }'],
    ['{ "a": 1, "b": 2, "c": 3 }', 'b', undefined, '{ "a": 1, "c": 3 }'],
    ['{ "a": 1, "b": 2 }', 'b', undefined, '{ "a": 1  }'],
    ['{\n  "a": 1,\n}', 'b', 2, '{\n  "a": 1,\n  "b": 2,\n}'],
    ['{\n  "a": 1,\n  "b": 2,\n}', 'b', undefined, '{\n  "a": 1,\n}'],
  ])('%j with key %j set to %j', (text, key, value, expected) => {
    expect(set(text, key, value)).toBe(expected);
  });
});

test('keeps all other keys, and each comment on a line of its own, whatever is set and removed in any layout', () => {
  const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const values = fc.oneof(fc.integer(), fc.constant({}), fc.dictionary(keys, fc.integer(), { maxKeys: 2 }));
  const text = fc
    .record({
      all: fc.dictionary(keys, values, { maxKeys: 5 }),
      compact: fc.boolean(),
      trailing: fc.boolean(),
      comments: fc.array(fc.constantFrom('', '\n  // own', '\n  /* in\nside */'), { minLength: 5, maxLength: 5 }),
      behind: fc.constantFrom('', ' // behind', ' /* be\nhind */'),
    })
    .map(({ all, compact, trailing, comments, behind }) => {
      const lines = Object.keys(all)
        .sort()
        .map((key) => `"${key}": ${JSON.stringify(all[key])}`);
      if (compact) return `{ ${lines.join(', ')} }`;
      const last = lines.length - 1;
      const body = lines.map(
        (line, at) => `${comments[at] ?? ''}\n  ${line}${at < last || trailing ? ',' : ''}${behind}`,
      );
      return `{${body.join('')}\n}`;
    });
  const parsed = (json: string) => ({ ...(readJsonText(json, { comments: true }).value as object) });
  fc.assert(
    fc.property(
      text,
      fc.array(fc.tuple(keys, fc.option(values, { nil: undefined })), { maxLength: 6 }),
      (before, edits) => {
        let now = before;
        const wanted: Record<string, unknown> = parsed(before);
        for (const [key, value] of edits) {
          now = set(now, key, value);
          if (value === undefined) delete wanted[key];
          else wanted[key] = value;
          expect(JSON.parse(JSON.stringify(parsed(now)))).toEqual(JSON.parse(JSON.stringify(wanted)));
          const own = (json: string) => json.split('\n').filter((line) => line.trim() === '// own').length;
          expect(own(now)).toBe(own(before));
        }
      },
    ),
    { numRuns: 2000 },
  );
});

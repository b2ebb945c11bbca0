import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonTextError, readJsonText } from './json-text.ts';

const read = (text: string) => readJsonText(text, { comments: false }).value;

test('any JSON value is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(read(text))).toBe(text);
    }),
  );
});

test('a key written twice is an error, since which of the two counts would be a guess', () => {
  expect(() => read('{"a": 1, "b": {"c": 1, "c": 2}}')).toThrow(/"c" is written twice at line 1, column 24/);
});

test('"__proto__" is a key like any other', () => {
  expect(Object.keys(read('{"__proto__": {"x": 1}}') as object)).toEqual(['__proto__']);
});

test('an error says where: line, column, offset and the text around', () => {
  expect(() => read('{\n  "a": nope\n}')).toThrow(/line 2, column 8 \(offset 9, near/);
});

test.each([
  ['', 'empty'],
  ['{', 'cut'],
  ['NaN', 'NaN'],
  ['{"a":1}x', 'trailing text'],
  ['\u0000', 'a control character'],
  ['{"a":1,}', 'a trailing comma'],
  ['// hi\n{}', 'a comment'],
])('%j is refused: %s', (text) => {
  expect(() => read(text)).toThrow(JsonTextError);
});

test.each([
  ['', /^the file is empty at line 1/],
  ['{', /^a "}" is missing at line 1, column 2/],
  ['{"a" 1}', /^a colon is missing/],
  ['\ufffd\ufffd{\0', /^this is no text in UTF-8/],
])('%j is refused in words', (text, message) => {
  expect(() => read(text)).toThrow(message);
});

test('a byte order mark, as some editors write it, is no fault of a file that people write', () => {
  const { value, lineOf } = readJsonText('\ufeff{\n"a": 1 }', { comments: true });
  expect(value).toEqual({ a: 1 });
  expect(lineOf(['a'])).toBe(2);
});

test('nesting beyond any reason is a typed error, not a crash', () => {
  expect(() => read('['.repeat(200_000))).toThrow(JsonTextError);
});

test('files that people write may have comments and trailing commas, and each value knows its line', () => {
  const json = readJsonText('{\n  // why\n  "cases": {\n    "7.1.6": {},\n  },\n}', { comments: true });
  expect(json.lineOf(['cases', '7.1.6'])).toBe(4);
  expect(json.lineOf(['cases', 'not there'])).toBe(3);
});

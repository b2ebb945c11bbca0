import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonTextError, readJsonText } from './json-text.ts';

const read = (text: string) => readJsonText(text, { comments: false }).value;

test('reads any JSON value as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(read(text))).toBe(text);
    }),
  );
});

test('refuses a key that is written twice', () => {
  expect(() => read('{"a": 1, "b": {"c": 1, "c": 2}}')).toThrow(/"c" is written twice at line 1, column 24/);
});

test('reads "__proto__" as a key like any other', () => {
  expect(Object.keys(read('{"__proto__": {"x": 1}}') as object)).toEqual(['__proto__']);
});

test('throws an error with line, column, offset and the text around', () => {
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
])('refuses %j: %s', (text) => {
  expect(() => read(text)).toThrow(JsonTextError);
});

test.each([
  ['', /^the file is empty at line 1/],
  ['{', /^a "}" is missing at line 1, column 2/],
  ['{"a" 1}', /^a colon is missing/],
  ['\ufffd\ufffd{\0', /^this is not a text in UTF-8/],
])('says in words why it refuses %j', (text, message) => {
  expect(() => read(text)).toThrow(message);
});

test('accepts a byte order mark in a file that people write', () => {
  const { value, lineOf } = readJsonText('\ufeff{\n"a": 1 }', { comments: true });
  expect(value).toEqual({ a: 1 });
  expect(lineOf(['a'])).toBe(2);
});

test('throws JsonTextError, and does not crash, for extremely deep nesting', () => {
  expect(() => read('['.repeat(200_000))).toThrow(JsonTextError);
});

test('accepts comments and trailing commas in a file that people write, and knows the line of each value', () => {
  const json = readJsonText('{\n  // why\n  "cases": {\n    "7.1.6": {},\n  },\n}', { comments: true });
  expect(json.lineOf(['cases', '7.1.6'])).toBe(4);
  expect(json.lineOf(['cases', 'not there'])).toBe(3);
});

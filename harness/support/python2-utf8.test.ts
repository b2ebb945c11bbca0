import { expect, test } from 'vitest';
import { decodePython2Utf8 } from './python2-utf8.ts';

test.each([
  ['', ''],
  ['61c3a9', 'aé'],
  ['efbbbf61', '\ufeffa'],
  ['f09f9880', '\u{1f600}'],
  ['efbfbf', '\uffff'],
  ['ed9fbf', '\ud7ff'],
  // Surrogates: alone, between other characters, and as a pair.
  ['eda080', '\ud800'],
  ['edbfbf', '\udfff'],
  ['c3a9eda08061', 'é\ud800a'],
  ['eda080edb080', '\ud800\udc00'],
  // Not valid: cut, too long, above U+10FFFF, a byte that begins no character.
  ['eda0', null],
  ['ed', null],
  ['eda041', null],
  ['eda080c3', null],
  ['c3eda080', null],
  ['c0af', null],
  ['e08080', null],
  ['f08fbfbf', null],
  ['f4908080', null],
  ['f5808080', null],
  ['80', null],
])('%s is %j in Python 2', (hex, text) => {
  expect(decodePython2Utf8(Buffer.from(hex, 'hex'))).toBe(text);
});

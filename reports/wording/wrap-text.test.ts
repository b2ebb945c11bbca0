import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { wrapText } from './wrap-text.ts';

it('breaks between words, and leaves one that is too long to its line', () => {
  expect(wrapText('one two three', 'a: ', '   ', 11)).toEqual(['a: one two', '   three']);
  expect(wrapText('one two', '', '', 7)).toEqual(['one two']);
  expect(wrapText('one two', '', '', 6)).toEqual(['one', 'two']);
  expect(wrapText('incomprehensibilities of one', '  ', '  ', 8)).toEqual(['  incomprehensibilities', '  of one']);
});

it('keeps the gaps between words within a line, and takes a line end for a gap', () => {
  expect(wrapText('1.1.1    Text  [5.2]', '', '  ', 30)).toEqual(['1.1.1    Text  [5.2]']);
  expect(wrapText('1.1.1    Text  [5.2]', '', '  ', 14)).toEqual(['1.1.1    Text', '  [5.2]']);
  expect(wrapText('one\ntwo', '', '', 80)).toEqual(['one two']);
});

it('counts what is seen, not what colours it', () => {
  expect(wrapText('\x1b[1mone\x1b[22m two three', '', '  ', 7)).toEqual(['\x1b[1mone\x1b[22m two', '  three']);
});

it('counts the columns that characters take on a terminal', () => {
  const japanese = 'サーバは 接続を 閉じる 前に Close フレームを 送らなければ ならない';
  const lines = wrapText(japanese, '', '  ', 16);
  expect(lines).toEqual([
    'サーバは 接続を',
    '  閉じる 前に',
    '  Close',
    '  フレームを',
    '  送らなければ',
    '  ならない',
  ]);
  for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(16);
  expect(wrapText('e\u0301te\u0301 ici', '', '', 7)).toEqual(['\u00e9t\u00e9 ici']);
  expect(wrapText('👩‍👩‍👧 ab', '', '', 5)).toEqual(['👩‍👩‍👧 ab']);
});

it('gives the first line and the others the room that their beginnings leave', () => {
  expect(wrapText('one two three four', 'label: ', '', 10)).toEqual(['label: one', 'two three', 'four']);
  expect(wrapText('one two three four', '', '    ', 10)).toEqual(['one two', '    three', '    four']);
  expect(wrapText('', 'label: ', '', 10)).toEqual(['label: ']);
});

it('keeps every word, and no line is longer than it may be', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 }), (words) => {
      const lines = wrapText(words.join(' '), '> ', '  ', 20);
      expect(lines.map((line) => line.slice(2)).join(' ')).toBe(words.join(' '));
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(20);
    }),
  );
});

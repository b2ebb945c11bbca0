import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { wrapText } from './wrap-text.ts';

it('breaks between words, and keeps a word that is too long on a line of its own', () => {
  expect(wrapText('one two three', 'a: ', '   ', 11)).toEqual(['a: one two', '   three']);
  expect(wrapText('one two', '', '', 7)).toEqual(['one two']);
  expect(wrapText('one two', '', '', 6)).toEqual(['one', 'two']);
  expect(wrapText('incomprehensibilities of one', '  ', '  ', 8)).toEqual(['  incomprehensibilities', '  of one']);
});

it('keeps the spaces between words of a line, and treats a line break as a space', () => {
  expect(wrapText('1.1.1    Text  [5.2]', '', '  ', 30)).toEqual(['1.1.1    Text  [5.2]']);
  expect(wrapText('1.1.1    Text  [5.2]', '', '  ', 14)).toEqual(['1.1.1    Text', '  [5.2]']);
  expect(wrapText('one\ntwo', '', '', 80)).toEqual(['one two']);
});

it('does not count colour sequences', () => {
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

it('subtracts the beginning of each line from its width', () => {
  expect(wrapText('one two three four', 'label: ', '', 10)).toEqual(['label: one', 'two three', 'four']);
  expect(wrapText('one two three four', '', '    ', 10)).toEqual(['one two', '    three', '    four']);
  expect(wrapText('', 'label: ', '', 10)).toEqual(['label: ']);
});

it('keeps every word, and makes no line too long', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 }), (words) => {
      const lines = wrapText(words.join(' '), '> ', '  ', 20);
      expect(lines.map((line) => line.slice(2)).join(' ')).toBe(words.join(' '));
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(20);
    }),
  );
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapeInvisible, escapeInvisibleLine } from './escape-invisible.ts';

it('escapes invisible characters and characters that reorder text, and keeps all others', () => {
  expect(escapeInvisible('a\0\x1b[31m\u202eb\ud800\n\té😀')).toBe('a\\x00\\x1b[31m\\u202eb\\ud800\n\té😀');
  expect(escapeInvisibleLine('a\n\tb')).toBe('a\\n\\tb');
});

it('makes well-formed text of any string', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff)), (codes) => {
      const text = escapeInvisible(String.fromCharCode(...codes));
      expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text);
    }),
  );
});

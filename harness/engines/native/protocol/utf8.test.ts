import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Utf8Judge } from './utf8.ts';

const judge = (chunks: readonly Buffer[]): { passed: boolean; complete: boolean } => {
  const utf8 = new Utf8Judge();
  const passed = chunks.map((chunk) => utf8.push(chunk)).every((valid) => valid);
  return { passed, complete: utf8.complete };
};

function isText(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

describe('the UTF-8 check of a message', () => {
  it('accepts bytes in any pieces if and only if the whole is UTF-8', () => {
    const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x80, 0xbf, 0xc2, 0xe0, 0xed, 0xf0, 0xf4));
    fc.assert(
      fc.property(fc.array(fc.array(byte, { maxLength: 4 }), { maxLength: 5 }), (parts) => {
        const chunks = parts.map((part) => Buffer.from(part));
        const { passed, complete } = judge(chunks);
        expect(passed && complete).toBe(isText(Buffer.concat(chunks)));
      }),
    );
  });

  it('accepts valid text in single bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        expect(judge([...Buffer.from(value)].map((byte) => Buffer.from([byte])))).toEqual({
          passed: true,
          complete: true,
        });
      }),
    );
  });

  it.each(['f4 90', 'ed a0', 'e0 9f', 'f0 8f', 'c0', 'c1', 'f5', 'ff', '80'])(
    'refuses the first byte that cannot be UTF-8: %s',
    (bytes) => {
      const all = bytes.split(' ').map((byte) => Buffer.from(byte, 'hex'));
      const utf8 = new Utf8Judge();
      const passed = all.map((byte) => utf8.push(byte));
      expect(passed.at(-1)).toBe(false);
      expect(passed.slice(0, -1)).not.toContain(false);
    },
  );

  it('refuses every later chunk, except empty chunks', () => {
    const utf8 = new Utf8Judge();
    expect([utf8.push(Buffer.from([0xff])), utf8.push(Buffer.from('a')), utf8.push(Buffer.alloc(0))]).toEqual([
      false,
      false,
      true,
    ]);
    expect(utf8.complete).toBe(false);
  });

  it('is not complete if the text ends inside a character', () => {
    expect(judge([Buffer.from('e282', 'hex')])).toEqual({ passed: true, complete: false });
  });
});

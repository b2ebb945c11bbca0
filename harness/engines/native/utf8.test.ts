import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Utf8Judge } from './utf8.ts';

const judge = (chunks: readonly Buffer[]): { passed: boolean; complete: boolean } => {
  const one = new Utf8Judge();
  const passed = chunks.map((chunk) => one.push(chunk)).every((good) => good);
  return { passed, complete: one.complete };
};

function isText(octets: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(octets);
    return true;
  } catch {
    return false;
  }
}

describe('text, judged as it comes', () => {
  it('is text in any cuts exactly if it is text as a whole', () => {
    const octet = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x80, 0xbf, 0xc2, 0xe0, 0xed, 0xf0, 0xf4));
    fc.assert(
      fc.property(fc.array(fc.array(octet, { maxLength: 4 }), { maxLength: 5 }), (parts) => {
        const chunks = parts.map((part) => Buffer.from(part));
        const { passed, complete } = judge(chunks);
        expect(passed && complete).toBe(isText(Buffer.concat(chunks)));
      }),
    );
  });

  it('passes in single octets wherever it passes whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        expect(judge([...Buffer.from(value)].map((octet) => Buffer.from([octet])))).toEqual({
          passed: true,
          complete: true,
        });
      }),
    );
  });

  it.each(['f4 90', 'ed a0', 'e0 9f', 'f0 8f', 'c0', 'c1', 'f5', 'ff', '80'])(
    'is refused at the first octet that no text can hold: %s',
    (octets) => {
      const all = octets.split(' ').map((octet) => Buffer.from(octet, 'hex'));
      const one = new Utf8Judge();
      const passed = all.map((octet) => one.push(octet));
      expect(passed.at(-1)).toBe(false);
      expect(passed.slice(0, -1)).not.toContain(false);
    },
  );

  it('stays refused for every chunk that follows, but for empty ones', () => {
    const one = new Utf8Judge();
    expect([one.push(Buffer.from([0xff])), one.push(Buffer.from('a')), one.push(Buffer.alloc(0))]).toEqual([
      false,
      false,
      true,
    ]);
    expect(one.complete).toBe(false);
  });

  it('is not complete inside a character', () => {
    expect(judge([Buffer.from('e282', 'hex')])).toEqual({ passed: true, complete: false });
  });
});

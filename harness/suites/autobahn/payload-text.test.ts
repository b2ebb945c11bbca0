import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { payloadHex, payloadText } from './payload-text.ts';

const hex = (value: string): Buffer => Buffer.from(value, 'hex');

describe('the short form of a payload', () => {
  it('is the text where the octets are UTF-8', () => {
    expect(payloadText(Buffer.from('κόσμε'))).toBe('κόσμε');
    expect(payloadText(Buffer.alloc(0))).toBe('');
  });

  it('is hex where they are not', () => {
    expect(payloadText(hex('03e8'))).toBe('0x03e8');
    for (const bad of ['80', 'c0af', 'c1bf', 'e080af', 'f08080af', 'f4908080', 'f888808080', 'fe', 'ce', 'e282']) {
      expect(payloadText(hex(bad))).toBe(`0x${bad}`);
    }
  });

  it('takes surrogates for text, as Python 2 does', () => {
    expect(payloadText(hex('eda080'))).toBe('\ud800');
  });

  it('shows 60 octets whole, and the first 64 and dots from 61 on', () => {
    expect(payloadText(Buffer.alloc(60, '*'))).toBe('*'.repeat(60));
    expect(payloadText(Buffer.alloc(61, '*'))).toBe(`${'*'.repeat(61)} ...`);
    expect(payloadText(Buffer.alloc(64, '*'))).toBe(`${'*'.repeat(64)} ...`);
    expect(payloadText(Buffer.alloc(65, '*'))).toBe(`${'*'.repeat(64)} ...`);
    expect(payloadText(Buffer.alloc(70, 0xfe))).toBe(`0x${'fe'.repeat(64)} ...`);
  });

  it('falls back to hex where the cut goes through a character', () => {
    const octets = Buffer.from(`${'*'.repeat(63)}µ`);
    expect(payloadText(octets)).toBe(`0x${'2a'.repeat(63)}c2 ...`);
  });

  it('gives back any text of up to 60 octets', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 15 }), (value) => {
        expect(payloadText(Buffer.from(value))).toBe(value);
      }),
    );
  });

  it('cuts hex in the same way', () => {
    expect(payloadHex(hex('880203ef'))).toBe('880203ef');
    expect(payloadHex(Buffer.alloc(61))).toBe(`${'00'.repeat(61)} ...`);
    expect(payloadHex(Buffer.alloc(242))).toBe(`${'00'.repeat(64)} ...`);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { payloadHex, payloadText } from './payload-text.ts';

const hex = (value: string): Buffer => Buffer.from(value, 'hex');

describe('the short form of a payload', () => {
  it('is the text if the bytes are UTF-8', () => {
    expect(payloadText(Buffer.from('κόσμε'))).toBe('κόσμε');
    expect(payloadText(Buffer.alloc(0))).toBe('');
  });

  it('is hex if the bytes are not UTF-8', () => {
    expect(payloadText(hex('03e8'))).toBe('0x03e8');
    for (const bad of ['80', 'c0af', 'c1bf', 'e080af', 'f08080af', 'f4908080', 'f888808080', 'fe', 'ce', 'e282']) {
      expect(payloadText(hex(bad))).toBe(`0x${bad}`);
    }
  });

  it('is text for surrogates, as in Python 2', () => {
    expect(payloadText(hex('eda080'))).toBe('\ud800');
  });

  it('contains 60 bytes completely, and of a longer payload the first 64 and dots', () => {
    expect(payloadText(Buffer.alloc(60, '*'))).toBe('*'.repeat(60));
    expect(payloadText(Buffer.alloc(61, '*'))).toBe(`${'*'.repeat(61)} ...`);
    expect(payloadText(Buffer.alloc(64, '*'))).toBe(`${'*'.repeat(64)} ...`);
    expect(payloadText(Buffer.alloc(65, '*'))).toBe(`${'*'.repeat(64)} ...`);
    expect(payloadText(Buffer.alloc(70, 0xfe))).toBe(`0x${'fe'.repeat(64)} ...`);
  });

  it('is hex if the cut splits a character', () => {
    const payload = Buffer.from(`${'*'.repeat(63)}µ`);
    expect(payloadText(payload)).toBe(`0x${'2a'.repeat(63)}c2 ...`);
  });

  it('is equal to any text of up to 60 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 15 }), (value) => {
        expect(payloadText(Buffer.from(value))).toBe(value);
      }),
    );
  });

  it('of payloadHex has the same cut', () => {
    expect(payloadHex(hex('880203ef'))).toBe('880203ef');
    expect(payloadHex(Buffer.alloc(61))).toBe(`${'00'.repeat(61)} ...`);
    expect(payloadHex(Buffer.alloc(242))).toBe(`${'00'.repeat(64)} ...`);
  });
});

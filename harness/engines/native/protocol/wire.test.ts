import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, fragmentLengths, framesIn, freshMask, headerLength, maskFor, maskInto } from './wire.ts';

const MASK = Buffer.from('37fa213d', 'hex');

/** Masks byte by byte, as RFC 6455 5.3 defines it. */
const maskSimply = (bytes: Buffer, mask: Buffer, phase = 0): Buffer =>
  Buffer.from(bytes.map((byte, i) => byte ^ (mask[(phase + i) % 4] ?? 0)));

describe('a frame', () => {
  it('is equal to the masked example of RFC 6455 5.7', () => {
    const frame = encodeFrame({ opcode: 1, fin: true, rsv: 0 }, Buffer.from('Hello'), MASK);
    expect(frame.toString('hex')).toBe('818537fa213d7f9f4d5158');
  });

  it('without a mask is equal to the unmasked example of RFC 6455 5.7', () => {
    const frame = encodeFrame({ opcode: 1, fin: true, rsv: 0 }, Buffer.from('Hello'), null);
    expect(frame.toString('hex')).toBe('810548656c6c6f');
  });

  it('without a mask can be decoded again, at every form of the length', () => {
    const lengths = [0, 125, 126, 65_535, 65_536];
    const head = { opcode: 2, fin: true, rsv: 0 };
    const bytes = Buffer.concat(lengths.map((length) => encodeFrame(head, Buffer.alloc(length, 7), null)));
    expect([...framesIn(bytes)].map(({ length, mask, payload }) => [length, mask, payload.length])).toEqual(
      lengths.map((length) => [length, null, length]),
    );
    for (const length of lengths)
      expect(encodeFrame(head, Buffer.alloc(length), null).length).toBe(headerLength(length, false) + length);
  });

  it('has a mask if a client sends it, and none if a server sends it', () => {
    expect(maskFor('client')).toHaveLength(4);
    expect(maskFor('server')).toBeNull();
  });

  it('can have any first byte, legal or not', () => {
    for (let first = 0; first < 256; first++) {
      const head = { fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15 };
      expect(encodeFrame(head, Buffer.alloc(0), MASK)[0]).toBe(first);
    }
  });

  it('has its length in the shortest form', () => {
    const starts: [number, string][] = [
      [0, '8280'],
      [125, '82fd'],
      [126, '82fe007e'],
      [65_535, '82feffff'],
      [65_536, '82ff0000000000010000'],
    ];
    for (const [length, start] of starts) {
      const frame = encodeFrame({ opcode: 2, fin: true, rsv: 0 }, Buffer.alloc(length), MASK);
      expect(frame.subarray(0, start.length / 2).toString('hex')).toBe(start);
      expect(frame.length).toBe(headerLength(length, true) + length);
    }
  });

  it('is masked correctly at every alignment, length and phase', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 9 }),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        (bytes, offset, phase, mask) => {
          const target = Buffer.alloc(offset + bytes.length);
          maskInto(target, offset, Buffer.from(bytes), Buffer.from(mask), phase);
          expect(target.subarray(offset).equals(maskSimply(Buffer.from(bytes), Buffer.from(mask), phase))).toBe(true);
        },
      ),
    );
  });

  it('has a different mask every time', () => {
    const masks = new Set(Array.from({ length: 10_000 }, () => freshMask().toString('hex')));
    expect(masks.size).toBeGreaterThan(9_990);
  });
});

describe('a fragmented message', () => {
  it('ends with an empty frame if its length is a multiple of the fragment length', () => {
    expect(fragmentLengths(4, 2)).toEqual([2, 2, 0]);
    expect(fragmentLengths(29, 1)).toHaveLength(30);
    expect(fragmentLengths(5, 2)).toEqual([2, 2, 1]);
  });

  it('is one frame if it fits into a fragment, or is not cut', () => {
    expect(fragmentLengths(4, 4)).toEqual([4]);
    expect(fragmentLengths(0, 1)).toEqual([0]);
    expect(fragmentLengths(1000, 0)).toEqual([1000]);
  });

  it('has fifty continuation frames in 10.1.1', () => {
    expect(fragmentLengths(65_536, 1300)).toHaveLength(51);
  });
});

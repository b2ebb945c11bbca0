import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex } from '../testing/protocol-kit.ts';
import { Utf8Validator } from './utf8.ts';

function isValid(pieces: Uint8Array[]): boolean {
  const validator = new Utf8Validator();
  return pieces.every((piece) => validator.push(Buffer.from(piece))) && validator.isComplete;
}

/**
 * Tells whether UTF-8 text can begin with `bytes`. This slow way appends every kind of continuation and asks Node's
 * `isUtf8`.
 */
function canBegin(bytes: Buffer): boolean {
  if (isUtf8(bytes)) return true;
  const tails = [
    '80',
    '8080',
    '808080',
    'bf',
    'bfbf',
    'bfbfbf',
    '90',
    '9080',
    '9f80',
    'a0',
    'a080',
    '8f8080',
    '908080',
  ];
  return tails.some((tail) => isUtf8(Buffer.concat([bytes, Buffer.from(tail, 'hex')])));
}

describe('UTF-8', () => {
  test('is checked like Node does for all sequences of one and two bytes, and refused at the earliest byte', () => {
    const validator = new Utf8Validator();
    expect(validator.isComplete).toBe(true);
    for (let a = 0; a < 256; a++) {
      const one = Buffer.from([a]);
      expect(isValid([one])).toBe(isUtf8(one));
      expect(new Utf8Validator().push(one), one.toString('hex')).toBe(canBegin(one));
      for (let b = 0; b < 256; b++) {
        const two = Buffer.from([a, b]);
        if (isValid([two]) !== isUtf8(two)) expect.fail(two.toString('hex'));
        if (new Utf8Validator().push(two) !== canBegin(two))
          expect.fail(`${two.toString('hex')} as the beginning of a text`);
      }
    }
  });

  test('is checked like Node does at the limits of sequences of three and four bytes', () => {
    const leads = [0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff];
    const rest = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
    for (const a of leads)
      for (const b of rest)
        for (const c of rest) {
          const three = Buffer.from([a, b, c]);
          if (isValid([three]) !== isUtf8(three)) expect.fail(three.toString('hex'));
          for (const d of rest) {
            const four = Buffer.from([a, b, c, d]);
            if (isValid([four]) !== isUtf8(four)) expect.fail(four.toString('hex'));
          }
        }
  });

  test('is checked with the same result however the text is split', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 }).map((value) => Buffer.from(value));
    const noise = fc.uint8Array({ maxLength: 3 });
    const bytes = fc
      .array(fc.oneof({ weight: 6, arbitrary: text }, { weight: 1, arbitrary: noise }))
      .map((all) => Buffer.concat(all));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(80)), (whole, sizes) => {
        const pieces: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          pieces.push(whole.subarray(at, at + size));
          at += size;
        }
        pieces.push(whole.subarray(at));
        const singleBytes = [...whole].map((byte) => Buffer.from([byte]));
        return isValid(pieces) === isUtf8(whole) && isValid(singleBytes) === isUtf8(whole);
      }),
      { numRuns: 300 },
    );
  });

  test('is refused at the first invalid byte, not at the end', () => {
    const validator = new Utf8Validator();
    expect(validator.push(hex`ceba e1bdb9 cf83 cebc ceb5 f4`)).toBe(true);
    expect(validator.push(hex`90`)).toBe(false);
  });
});

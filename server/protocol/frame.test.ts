import { describe, expect, test } from 'vitest';
import { hex } from '../testing/protocol-kit.ts';
import { Violation } from './close.ts';
import { checkFirstBytes, clientHeaderBytes, readLength, serverHeaderBytes, writeHeader } from './frame.ts';

/** A second, simple implementation of RFC 6455 §5.2 and RFC 7692 §6. The test compares the server with it. */
function isLegal(first: number, second: number, deflate: boolean): boolean {
  const bits = first.toString(2).padStart(8, '0');
  const [fin, rsv1, rsv2, rsv3] = bits;
  const opcode = first % 16;
  const control = opcode >= 8;
  const length = second % 128;
  const known = [0, 1, 2, 8, 9, 10].includes(opcode);
  const masked = second >= 128;
  const rsv = rsv2 === '0' && rsv3 === '0' && (rsv1 === '0' || (deflate && (opcode === 1 || opcode === 2)));
  const controlled = !control || (fin === '1' && length <= 125 && !(opcode === 8 && length === 1));
  return known && masked && rsv && controlled;
}

describe('the first two bytes', () => {
  test('are checked as the RFCs say for all 65,536 values, with and without deflate', () => {
    for (const deflate of [false, true]) {
      for (let twoBytes = 0; twoBytes <= 0xffff; twoBytes++) {
        let accepted = true;
        try {
          checkFirstBytes(twoBytes >> 8, twoBytes & 0xff, deflate);
        } catch (error) {
          if (!(error instanceof Violation) || error.code !== 1002) throw error;
          accepted = false;
        }
        if (accepted !== isLegal(twoBytes >> 8, twoBytes & 0xff, deflate))
          expect.fail(`${twoBytes.toString(16)}, deflate ${deflate}`);
      }
    }
  });
});

test.each([
  [0xa2, 0x80, false, '5.2', 'RSV2 and RSV3 must be 0'],
  [0x92, 0x80, true, '5.2', 'RSV2 and RSV3 must be 0'],
  [0x83, 0x80, false, '5.2', 'opcode 3 is reserved'],
  [0x8b, 0x80, false, '5.2', 'opcode 11 is reserved'],
  [0xc2, 0x80, false, '5.2', 'RSV1 without an extension'],
  [0xc9, 0x80, true, '7692 6.1', 'RSV1 on a control frame'],
  [0xc0, 0x80, true, '7692 6.1', 'RSV1 on a continuation frame'],
  [0x82, 0x00, false, '5.1', 'a client must mask its frames'],
  [0x09, 0x80, false, '5.5', 'a control frame must not be fragmented'],
  [0x89, 0xfe, false, '5.5', 'a control frame holds at most 125 bytes'],
  [0x88, 0x81, false, '5.5.1', 'half a close code'],
])(
  'a frame that begins with the bytes %i and %i, deflate %s, breaks section %s: %s',
  (first, second, deflate, section, reason) => {
    expect(() => checkFirstBytes(first, second, deflate)).toThrow(
      expect.objectContaining({ name: 'Violation', code: 1002, section, message: reason }),
    );
  },
);

describe('lengths', () => {
  test('are read in each of their three forms', () => {
    expect(readLength(hex`82 80`, 0)).toBe(0);
    expect(readLength(hex`82 fd`, 0)).toBe(125);
    expect(readLength(hex`82 fe 007e`, 0)).toBe(126);
    expect(readLength(hex`82 fe ffff`, 0)).toBe(65_535);
    expect(readLength(hex`82 ff 0000000000010000`, 0)).toBe(65_536);
    expect(readLength(hex`82 ff 001fffffffffffff`, 0)).toBe(Number.MAX_SAFE_INTEGER);
    expect([clientHeaderBytes(0xfd), clientHeaderBytes(0xfe), clientHeaderBytes(0xff)]).toEqual([6, 8, 14]);
  });

  test('that are not in the shortest form are refused', () => {
    const problem = { section: '5.2', message: 'a length must be written in its shortest form' };
    expect(() => readLength(hex`82 fe 007d`, 0)).toThrow(expect.objectContaining(problem));
    expect(() => readLength(hex`82 ff 000000000000ffff`, 0)).toThrow(expect.objectContaining(problem));
    for (let length = 0; length < 126; length++) {
      expect(() => readLength(Buffer.from([0x82, 0xfe, 0, length]), 0)).toThrow(Violation);
    }
    expect(() => readLength(hex`82 ff 000000000000ffff`, 0)).toThrow(Violation);
    expect(() => readLength(hex`82 ff 0000000000000000`, 0)).toThrow(Violation);
  });

  test('with the highest of 64 bits set are refused', () => {
    expect(() => readLength(hex`82 ff 8000000000000000`, 0)).toThrow(expect.objectContaining({ code: 1002 }));
    const problem = { code: 1002, section: '5.2', message: 'the highest bit of a 64-bit length must be 0' };
    expect(() => readLength(hex`82 ff ffffffffffffffff`, 0)).toThrow(expect.objectContaining(problem));
    expect(readLength(hex`82 ff 7fffffff00000000`, 0)).toBe(0x7fffffff * 2 ** 32);
  });

  test('are written in the shortest form', () => {
    const table: [number, string][] = [
      [0, '8200'],
      [125, '827d'],
      [126, '827e007e'],
      [65_535, '827effff'],
      [65_536, '827f0000000000010000'],
      [2 ** 33 + 5, '827f0000000200000005'],
    ];
    for (const [length, written] of table) {
      const target = Buffer.alloc(10);
      const end = writeHeader(target, 0, 0x82, length);
      expect(target.subarray(0, end).toString('hex')).toBe(written);
      expect(end).toBe(serverHeaderBytes(length));
    }
  });
});

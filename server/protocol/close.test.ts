import { describe, expect, test } from 'vitest';
import { hex } from '../testing/protocol-kit.ts';
import { isValidCloseCode, readClose, Violation, writeClose } from './close.ts';

describe('close codes', () => {
  test('of all 65,536 codes exactly these are legal in a frame', () => {
    const legal = new Set<number>();
    for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]) legal.add(code);
    for (let code = 3000; code <= 4999; code++) legal.add(code);
    for (let code = 0; code <= 0xffff; code++) if (isValidCloseCode(code) !== legal.has(code)) expect.fail(`${code}`);
  });

  test('readClose returns each legal code and refuses each illegal one', () => {
    const payload = Buffer.alloc(2);
    for (let code = 0; code <= 0xffff; code++) {
      payload.writeUInt16BE(code);
      let result: number | string | undefined;
      try {
        result = readClose(payload).code;
      } catch (error) {
        result = error instanceof Violation ? error.section : String(error);
      }
      if (result !== (isValidCloseCode(code) ? code : '7.4')) expect.fail(`${code}: ${result}`);
    }
  });

  test('an empty Close payload is legal, and a payload of one byte is not', () => {
    expect(readClose(Buffer.alloc(0))).toEqual({ reason: '' });
    expect(() => readClose(hex`03`)).toThrow(expect.objectContaining({ code: 1002, section: '5.5.1' }));
  });

  test('a close reason must be valid, complete UTF-8', () => {
    expect(readClose(hex`03e8 c3a9`)).toEqual({ code: 1000, reason: 'é' });
    expect(() => readClose(hex`03e8 c3`)).toThrow(expect.objectContaining({ code: 1007 }));
    expect(() => readClose(hex`03e8 eda080`)).toThrow(expect.objectContaining({ code: 1007 }));
  });

  test('readClose reads what writeClose writes', () => {
    for (const close of [{ reason: '' }, { code: 1000, reason: '' }, { code: 4999, reason: 'é'.repeat(61) }]) {
      expect(readClose(writeClose(close))).toEqual(close);
    }
  });

  test('writeClose throws for illegal codes and reasons', () => {
    expect(() => writeClose({ code: 1005, reason: '' })).toThrow(RangeError);
    expect(() => writeClose({ code: 1000.5, reason: '' })).toThrow(RangeError);
    // RFC 6455 §5.5.1: a close code has two bytes, so it ranges from 0 to 65,535.
    for (const code of [-1, 65_536]) expect(() => writeClose({ code, reason: '' })).toThrow(RangeError);
    expect(() => writeClose({ reason: 'why' })).toThrow(RangeError);
    expect(() => writeClose({ code: 1000, reason: 'x'.repeat(124) })).toThrow(RangeError);
  });

  test('error messages name the problem', () => {
    expect(() => readClose(hex`03`)).toThrow('half a close code');
    expect(() => readClose(hex`03ed`)).toThrow('close code 1005 must not be sent');
    expect(() => readClose(hex`03e8 ff`)).toThrow('the close reason is not UTF-8');
    expect(() => writeClose({ reason: 'why' })).toThrow('needs a close code before it');
    expect(() => writeClose({ code: 1005, reason: '' })).toThrow('close code 1005 must not be sent: use');
    expect(() => writeClose({ code: 1000, reason: 'x'.repeat(124) })).toThrow(
      'at most 123 bytes of UTF-8; this one has 124',
    );
    expect(writeClose({ code: 1000, reason: 'x'.repeat(123) })).toHaveLength(125);
    // 65,536 does not fit into two bytes.
    expect(isValidCloseCode(65_536)).toBe(false);
  });
});

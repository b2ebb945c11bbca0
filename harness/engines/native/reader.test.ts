import { deflateRawSync, constants as zlib } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reader } from './reader.ts';

/** Reads chunks and tells what happened, in order. */
function reading(chunks: readonly Buffer[], deflate = false): string[] {
  const told: string[] = [];
  let failures = 0;
  const fail = (what: string): void => {
    told.push(what);
    failures++;
  };
  const reader = new Reader(
    'client',
    {
      violation: (why) => fail(`1002 ${why}`),
      invalidText: (why) => fail(`1007 ${why}`),
      frame: ({ opcode, fin }, payload) => told.push(`frame ${opcode}${fin ? '' : '~'} ${payload.length}`),
      message: (octets, binary) => told.push(`${binary ? 'binary' : 'text'} ${octets.toString('latin1')}`),
      control: (opcode, payload) => told.push(`control ${opcode} ${payload.toString('latin1')}`),
      data: () => undefined,
      get over() {
        return failures > 1;
      },
      get failed() {
        return failures > 0;
      },
    },
    deflate
      ? {
          serverNoContextTakeover: false,
          clientNoContextTakeover: false,
          serverMaxWindowBits: 15,
          clientMaxWindowBits: 15,
        }
      : null,
  );
  for (const chunk of chunks) reader.push(chunk);
  return told;
}
const hex = (value: string): Buffer => Buffer.from(value.replaceAll(' ', ''), 'hex');
const frame = (first: number, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from([first, payload.length]), payload]);

describe('the reader', () => {
  const TALK = Buffer.concat([hex('01 02 4865 89 01 70 80 03 6c6c6f 82 00 88 02 03e8')]);
  const TOLD = [
    'frame 1~ 2',
    'frame 9 1',
    'control 9 p',
    'frame 0 3',
    'text Hello',
    'frame 2 0',
    'binary ',
    'frame 8 2',
    'control 8 \x03\xe8',
  ];

  it('makes messages of frames, with control frames between them', () => {
    expect(reading([TALK])).toEqual(TOLD);
  });

  it('finds the same in any cuts', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: TALK.length }), { maxLength: 6 }), (cuts) => {
        const points = [0, ...cuts.sort((a, b) => a - b), TALK.length];
        expect(reading(points.slice(1).map((end, i) => TALK.subarray(points[i], end)))).toEqual(TOLD);
      }),
    );
  });

  it.each([
    ['a reserved bit', '91 00', 'reserved bits 1'],
    ['a masked frame', '81 80 00000000', 'masked'],
    ['a fragmented ping', '09 00', 'fragmented control'],
    ['a reserved data opcode', '83 00', 'reserved data opcode 3'],
    ['a reserved control opcode', '8b 00', 'reserved control opcode 11'],
    ['a Close of one octet', '88 01 61', 'body of one octet'],
    ['a continuation of nothing', '80 00', 'continuation of no message'],
    ['a message inside a message', '01 00 81 00', 'inside an unfinished'],
    ['a length in two octets too many', '82 7e 0001 00', '16-bit form'],
    ['a length in eight octets too many', '82 7f 0000000000000001 00', '64-bit form'],
  ])('complains of %s', (_, octets, why) => {
    const told = reading([hex(octets)]);
    expect(told.filter((line) => line.startsWith('1002'))).toEqual([expect.stringContaining(why)]);
    expect(told.some((line) => /^(?:text|binary)/.test(line))).toBe(false);
  });

  it('complains again of a header that comes in pieces', () => {
    expect(reading([hex('f1 7e'), hex('00')])).toEqual([
      '1002 reserved bits 7 without a meaning',
      '1002 reserved bits 7 without a meaning',
    ]);
  });

  it('complains of text once when it comes, and once when it ends', () => {
    expect(reading([hex('81 01 ff')])).toEqual([
      '1007 text is not UTF-8',
      'frame 1 0',
      '1007 text ends inside a character',
    ]);
  });

  it('delivers pongs and closes, but no message, after a failure', () => {
    expect(reading([hex('91 01 61 8a 00 81 01 62 88 00')])).toEqual([
      '1002 reserved bits 1 without a meaning',
      'frame 1 0',
      'frame 10 0',
      'control 10 ',
      'frame 1 0',
      'frame 8 0',
      'control 8 ',
    ]);
  });

  it('inflates what has RSV1, and passes what has not', () => {
    const packed = deflateRawSync('Hello', { finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4);
    const halves = [frame(0x41, packed.subarray(0, 3)), frame(0x80, packed.subarray(3)), frame(0x81, Buffer.from('x'))];
    expect(reading(halves, true)).toEqual(['frame 1~ 0', 'frame 0 5', 'text Hello', 'frame 1 1', 'text x']);
  });

  it('throws where RSV1 stands and nothing can be inflated', () => {
    expect(() => reading([frame(0xc1, hex('ffff'))], true)).toThrow();
  });
});

import { deflateRawSync, constants as zlib } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reader } from './reader.ts';

/** Reads chunks in the role of a client and returns the reported events as text, in order. */
function eventsOf(chunks: readonly Buffer[], deflate = false, events: string[] = []): string[] {
  let failures = 0;
  const fail = (event: string): void => {
    events.push(event);
    failures++;
  };
  const reader = new Reader(
    'client',
    {
      violation: (why) => fail(`1002 ${why}`),
      invalidText: (why) => fail(`1007 ${why}`),
      frame: ({ opcode, fin }, payload) => events.push(`frame ${opcode}${fin ? '' : '~'} ${payload.length}`),
      message: (bytes, binary) => events.push(`${binary ? 'binary' : 'text'} ${bytes.toString('latin1')}`),
      control: (opcode, payload) => events.push(`control ${opcode} ${payload.toString('latin1')}`),
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
  return events;
}
const hex = (value: string): Buffer => Buffer.from(value.replaceAll(' ', ''), 'hex');
const frame = (first: number, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from([first, payload.length]), payload]);

describe('a reader', () => {
  const BYTES = Buffer.concat([hex('01 02 4865 89 01 70 80 03 6c6c6f 82 00 88 02 03e8')]);
  const EVENTS = [
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

  it('joins frames to messages, with control frames between them', () => {
    expect(eventsOf([BYTES])).toEqual(EVENTS);
  });

  it('reports the same events for any pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: BYTES.length }), { maxLength: 6 }), (cuts) => {
        const points = [0, ...cuts.sort((a, b) => a - b), BYTES.length];
        expect(eventsOf(points.slice(1).map((end, i) => BYTES.subarray(points[i], end)))).toEqual(EVENTS);
      }),
    );
  });

  it.each([
    ['a reserved bit', '91 00', 'reserved bits 1'],
    ['a masked frame', '81 80 00000000', 'masked'],
    ['a fragmented ping', '09 00', 'fragmented control'],
    ['a reserved data opcode', '83 00', 'reserved data opcode 3'],
    ['a reserved control opcode', '8b 00', 'reserved control opcode 11'],
    ['a Close of one byte', '88 01 61', 'body of one octet'],
    ['a continuation of no message', '80 00', 'continuation of no message'],
    ['a message inside a message', '01 00 81 00', 'inside an unfinished'],
    ['a 16-bit length that fits into 7 bits', '82 7e 0001 00', '16-bit form'],
    ['a 64-bit length that fits into 7 bits', '82 7f 0000000000000001 00', '64-bit form'],
  ])('reports %s as a violation', (_, bytes, why) => {
    const events = eventsOf([hex(bytes)]);
    expect(events.filter((line) => line.startsWith('1002'))).toEqual([expect.stringContaining(why)]);
    expect(events.some((line) => /^(?:text|binary)/.test(line))).toBe(false);
  });

  it('reports the violation of a header again if the header arrives in pieces', () => {
    expect(eventsOf([hex('f1 7e'), hex('00')])).toEqual([
      '1002 reserved bits 7 without a meaning',
      '1002 reserved bits 7 without a meaning',
    ]);
  });

  it('reports invalid text when it arrives, and again when the message ends', () => {
    expect(eventsOf([hex('81 01 ff')])).toEqual([
      '1007 text is not UTF-8',
      'frame 1 0',
      '1007 text ends inside a character',
    ]);
  });

  it('reports control frames, but no message, after a failure', () => {
    expect(eventsOf([hex('91 01 61 8a 00 81 01 62 88 00')])).toEqual([
      '1002 reserved bits 1 without a meaning',
      'frame 1 0',
      'frame 10 0',
      'control 10 ',
      'frame 1 0',
      'frame 8 0',
      'control 8 ',
    ]);
  });

  it('inflates messages with RSV1, and no others', () => {
    const compressed = deflateRawSync('Hello', { finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4);
    const halves = [
      frame(0x41, compressed.subarray(0, 3)),
      frame(0x80, compressed.subarray(3)),
      frame(0x81, Buffer.from('x')),
    ];
    expect(eventsOf(halves, true)).toEqual(['frame 1~ 2', 'frame 0 3', 'text Hello', 'frame 1 1', 'text x']);
  });

  it('checks the text of a compressed message frame by frame, and in every portion of a frame', () => {
    // Two stored (uncompressed) deflate blocks: the first contains 0x61 0xff, the second 0xff.
    const [first, second] = [hex('00 0200 fdff 61ff'), hex('00 0100 feff ff')];
    const whole = Buffer.concat([first, second]);
    const refused = '1007 text is not UTF-8';
    expect(eventsOf([frame(0x41, first), hex('88 02 03e8')], true)).toEqual([
      refused,
      'frame 1~ 0',
      'frame 8 2',
      'control 8 \x03\xe8',
    ]);
    expect(eventsOf([Buffer.from([0xc1, whole.length]), first], true)).toEqual([refused]);
    expect(eventsOf([Buffer.from([0xc1, whole.length]), first, second], true)).toEqual([
      refused,
      refused,
      'frame 1 0',
      '1007 text ends inside a character',
    ]);
  });

  it('checks the text of a compressed message before the end of its deflate data', () => {
    // A stored (uncompressed) deflate block with 0x61 0xff, then the start of a block in which the tail (00 00 ff ff)
    // is not valid.
    const events: string[] = [];
    expect(() => eventsOf([frame(0xc1, hex('00 0200 fdff 61ff 04'))], true, events)).toThrow('Z_DATA_ERROR');
    expect(events).toEqual(['1007 text is not UTF-8', 'frame 1 0']);
  });

  it('throws if a message with RSV1 cannot be inflated', () => {
    expect(() => eventsOf([frame(0xc1, hex('ffff'))], true)).toThrow();
  });
});

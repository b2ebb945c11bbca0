import { describe, expect, it, test } from 'vitest';
import type { WireRow } from '../document/recorded-case.ts';
import { closeCodeOf, closeText, examineWire, headerParts, unansweredClose } from './wire.ts';

type Frame = Extract<WireRow, { row: 'frame' }>;
const frame = (facts: Partial<Frame>): Frame => ({
  row: 'frame',
  direction: 'in',
  length: 2,
  payload: 'Hi',
  opcode: 1,
  fin: true,
  rsv: 0,
  masked: false,
  mask: null,
  ...facts,
});
const octets = (direction: 'in' | 'out', length: number, hex = ''): WireRow => ({
  row: 'octets',
  direction,
  length,
  hex,
});
const DEFLATE = 'HTTP/1.1 101 x\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n';
const examine = (wirelog: readonly WireRow[], httpResponse = '?') =>
  examineWire({ wirelog, httpRequest: '?', httpResponse });
const faults = (...frames: Partial<Frame>[]) => examine(frames.map(frame)).map(({ faults: [fault] }) => fault?.text);

describe('a frame of the server breaks a rule if', () => {
  test.each<[string, Partial<Frame>, string]>([
    ['the frame is masked', { mask: '01020304' }, 'a server must not mask what it sends (RFC 6455 5.1)'],
    ['RSV1 is set', { rsv: 4 }, 'RSV1 is set and nothing negotiated it (RFC 6455 5.2)'],
    ['RSV2 is set', { rsv: 2 }, 'RSV2 is set and nothing negotiated it (RFC 6455 5.2)'],
    ['RSV3 is set', { rsv: 1 }, 'RSV3 is set and nothing negotiated it (RFC 6455 5.2)'],
    ['RSV2 and RSV3 are set', { rsv: 3 }, 'RSV2 and RSV3 are set and nothing negotiated it (RFC 6455 5.2)'],
    ['the opcode is 3', { opcode: 3 }, 'opcode 3 is reserved (RFC 6455 5.2)'],
    ['the opcode is 11', { opcode: 11 }, 'opcode 11 is reserved (RFC 6455 5.2)'],
    ['a ping is fragmented', { opcode: 9, fin: false }, 'a control frame must not be fragmented (RFC 6455 5.5)'],
    ['a ping is too long', { opcode: 9, length: 126 }, 'a control frame takes 125 octets at most (RFC 6455 5.5)'],
    [
      'a continuation frame follows no fragment',
      { opcode: 0 },
      'a continuation of nothing: no message is open (RFC 6455 5.4)',
    ],
    [
      'a Close frame has half a close code',
      { opcode: 8, length: 1 },
      'the body of a Close frame is empty or begins with a code of two octets (RFC 6455 5.5.1)',
    ],
    [
      'a Close frame contains the code 1005',
      { opcode: 8, payload: '0x03ed' },
      'close code 1005 must not be on the wire (RFC 6455 7.4)',
    ],
  ])('%s', (_, facts, text) => {
    expect(faults(facts)).toEqual([text]);
  });

  test('a message starts within another, or a frame follows a Close frame', () => {
    expect(faults({ fin: false }, { opcode: 9 }, { opcode: 1 })[2]).toContain('a new message within a fragmented one');
    expect(faults({ opcode: 8, payload: '0x03e8' }, {})[1]).toContain('it follows the Close frame of row 0');
  });

  test('and in no other case', () => {
    expect(
      faults({ fin: false }, { opcode: 9, length: 125 }, { opcode: 0 }, { opcode: 8, length: 0, payload: '' }),
    ).toEqual(Array(4).fill(undefined));
    const compressed = examine([frame({ rsv: 4, fin: false }), frame({ opcode: 0, rsv: 4 })], DEFLATE);
    expect(compressed.map((row) => row.faults.length)).toEqual([0, 1]);
  });

  test('a client does not mask', () => {
    expect(faults({ direction: 'out' })).toEqual(['a client must mask what it sends (RFC 6455 5.1)']);
  });
});

describe('a frame and its raw bytes', () => {
  it('are linked by their position in the stream, for any sizes of reads and writes', () => {
    const rows = [
      octets('out', 20),
      octets('in', 60),
      frame({ direction: 'out', length: 4, mask: '01020304' }),
      octets('out', 5, '8184010203'),
      octets('out', 5),
      octets('in', 7, '81024869890001'),
      frame({}),
      frame({ opcode: 9, length: 0 }),
    ];
    const insights = examineWire({ wirelog: rows, httpRequest: 'x'.repeat(20), httpResponse: 'x'.repeat(60) });
    expect(insights.map(({ partners }) => partners)).toEqual([[], [], [3], [2], [], [6, 7], [5], [5]]);
    expect(insights[7]?.header).toEqual([
      ['89', 'FIN, opcode 9'],
      ['00', 'no mask, length 0'],
    ]);
  });

  it('are not linked after a gap in the log', () => {
    const rows: WireRow[] = [{ row: 'log', on: false }, octets('in', 4), frame({})];
    expect(examine(rows).every(({ partners }) => partners.length === 0)).toBe(true);
  });
});

test.each([
  [
    '81ff0000000000040000eccd1840ae8c',
    [
      ['81', 'FIN, opcode 1'],
      ['ff', 'masked, length in 8 more octets'],
      ['0000000000040000', 'length 262144'],
      ['eccd1840', 'masking key'],
    ],
  ],
  [
    'f17e0100',
    [
      ['f1', 'FIN, RSV1, RSV2, RSV3, opcode 1'],
      ['7e', 'no mask, length in 2 more octets'],
      ['0100', 'length 256'],
    ],
  ],
  ['0a', []],
  [
    '0a05',
    [
      ['0a', 'no FIN, opcode 10'],
      ['05', 'no mask, length 5'],
    ],
  ],
])('the header %s is explained', (hex, parts) => {
  expect(headerParts(hex)).toEqual(parts);
});

test('the close code is read from both short forms of a payload', () => {
  expect(closeCodeOf({ payload: '0x03e8', length: 2 })).toBe(1000);
  expect(closeCodeOf({ payload: '\u0003\u0001', length: 2 })).toBe(0x301);
  expect(closeCodeOf({ payload: '', length: 0 })).toBeNull();
});

test('a Close frame without an answer is found', () => {
  expect(unansweredClose([frame({}), frame({ direction: 'out', opcode: 8 })])).toBe(1);
  expect(unansweredClose([frame({ direction: 'out', opcode: 8 }), frame({ opcode: 8 })])).toBeNull();
  expect(unansweredClose([frame({})])).toBeNull();
});

test('a Close frame is described by its code, its name, and its reason if it was recorded completely', () => {
  const said = (payload: string, length: number, opcode = 8) => closeText({ opcode, payload, length });
  expect(said('0x03e8', 2)).toBe('1000 (normal closure)');
  expect(said('0x03ef74657874206973206e6f7420555446', 17)).toBe('1007 (invalid payload data) “text is not UTF”');
  expect(said('0x03e80d0a', 4)).toBe('1000 (normal closure) “\\x0d\\n”');
  expect(said('0x03e8ff', 3)).toBe('1000 (normal closure)');
  expect(said('0x03e87465 ...', 60)).toBe('1000 (normal closure)');
  expect(said('', 0)).toBeNull();
  expect(said('0x03e8', 2, 2)).toBeNull();
});

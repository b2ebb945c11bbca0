import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeSteps, finalFrame, frame, hex } from '../testing/protocol-kit.ts';
import { readWholeFrames } from './fast-path.ts';
import { FIN, OP } from './frame.ts';
import { Protocol, type ProtocolSettings, type Step } from './protocol.ts';

const AGREED = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};
const SETTINGS: ProtocolSettings = { maxMessageBytes: 70_000, deflateLevel: 1, deflateFromBytes: 0 };

/** What an echo server would hear and say, by the plain path or by the fast one. */
function play(pieces: readonly Uint8Array[], fast: boolean, settings: ProtocolSettings) {
  const protocol = new Protocol(settings);
  const heard: string[] = [];
  function perform(step: Step): void {
    heard.push(...describeSteps([step]));
    if (step.do === 'deliver') protocol.send(step.message.kind, step.message.bytes);
    if (step.do === 'pong') protocol.pong(step.payload);
    if (step.do === 'close') protocol.close(step.close);
  }
  const said: Buffer[] = [];
  for (const piece of pieces) {
    // Memory of its own, beginning at an odd place: what is unmasked there must not depend on where it lies.
    const room = new Uint8Array(piece.length + 3);
    room.set(piece, 3);
    const chunk = Buffer.from(room.buffer, 3);
    if (fast) {
      protocol.beginRead();
      protocol.receive(chunk, {
        perform,
        message(kind, bytes, from, to) {
          heard.push(`${kind} ${bytes.toString('latin1', from, to)}`);
          protocol.send(kind, bytes, from, to);
          return true;
        },
      });
    } else {
      for (const step of protocol.receive(chunk)) perform(step);
    }
    // Copies: what was borrowed is written over.
    for (const sent of protocol.take()) said.push(Buffer.from(sent));
  }
  protocol.dispose();
  return { heard, said: Buffer.concat(said).toString('hex') };
}

function expectSame(pieces: readonly Uint8Array[], settings: ProtocolSettings = SETTINGS) {
  const plain = play(pieces, false, settings);
  const fast = play(pieces, true, settings);
  // Two long strings that differ are a poor message: first the events.
  expect(fast.heard).toEqual(plain.heard);
  expect(fast.said === plain.said).toBe(true);
  return fast;
}

describe('the fast path and the plain one say and hear the same', () => {
  const payload = fc.oneof(
    { weight: 6, arbitrary: fc.string({ maxLength: 40 }) },
    { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
    { weight: 3, arbitrary: fc.uint8Array({ maxLength: 140 }) },
    { weight: 1, arbitrary: fc.nat(70_010).map((length) => 'x'.repeat(length)) },
  );
  const first = fc.oneof(
    { weight: 10, arbitrary: fc.constantFrom(FIN | OP.text, FIN | OP.binary) },
    { weight: 3, arbitrary: fc.constantFrom(OP.text, OP.binary, OP.continuation, FIN, FIN | OP.ping, FIN | OP.pong) },
    { weight: 1, arbitrary: fc.nat(255) },
  );
  const frames = fc.array(fc.tuple(first, payload, fc.integer()), { maxLength: 12 });

  test('for any frames, in any cut, with compression and without', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 300 })), fc.boolean(), (list, sizes, deflate) => {
        const stream = Buffer.concat(list.map(([octet, data, mask]) => frame(octet, data, mask >>> 0)));
        const pieces: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          pieces.push(stream.subarray(at, at + size));
          at += size;
        }
        pieces.push(stream.subarray(at));
        expectSame(pieces, deflate ? { ...SETTINGS, deflate: AGREED } : SETTINGS);
      }),
      { numRuns: 600 },
    );
  });

  test('for lengths written otherwise than they must be, and masks that are not there', () => {
    const good = finalFrame(OP.text, 'good');
    for (const bad of [
      hex`0105 00000000 48656c6c6f`,
      hex`8105 48656c6c6f 0000000000`,
      hex`81fe 007d 00000000`,
      hex`81ff 000000000000ffff 00000000`,
      hex`81ff 0000000100000000 00000000`,
      hex`81ff 8000000000000000 00000000`,
      hex`82ff 0000000000011171 00000000`,
      hex`82`,
      hex`8285 0000`,
      hex`82fe 0080 000000`,
    ]) {
      const stream = Buffer.concat([good, bad, good]);
      for (let cut = 0; cut <= stream.length; cut++) expectSame([stream.subarray(0, cut), stream.subarray(cut)]);
    }
  });

  test('at the limit, and one octet above', () => {
    const limit = SETTINGS.maxMessageBytes;
    expect(expectSame([finalFrame(OP.binary, Buffer.alloc(limit))]).heard).toHaveLength(1);
    expect(expectSame([finalFrame(OP.binary, Buffer.alloc(limit + 1))]).heard).toEqual(['close 1009', 'end by 7.4.1']);
  });

  test('for text of which one octet is wrong, at each place', () => {
    const text = Buffer.from('aé€𝄞z'.repeat(4));
    for (let at = 0; at < text.length; at++) {
      for (const octet of [0x41, 0x80, 0xc0, 0xe2, 0xff]) {
        const changed = Buffer.from(text);
        changed[at] = octet;
        expectSame([finalFrame(OP.text, changed)]);
      }
    }
  });
});

test('a frame of any length up to 1,100 lies where it lies and comes back as it was', () => {
  for (let length = 0; length <= 1_100; length++) {
    const one = finalFrame(OP.binary, Buffer.alloc(length, length));
    const stream = Buffer.concat([one, finalFrame(OP.text, 'abc'), one]);
    expectSame([stream.subarray(0, 1), stream.subarray(1)]);
    expectSame([stream]);
  }
});

test('who has heard enough hears no more', () => {
  const protocol = new Protocol(SETTINGS);
  const heard: string[] = [];
  const performer = {
    perform: () => {},
    message(kind: string) {
      heard.push(kind);
      return false;
    },
  };
  for (const [kind, count] of [[OP.text, 1] as const, [OP.binary, 2] as const]) {
    new Protocol(SETTINGS).receive(finalFrame(kind, 'x'), performer);
    expect(heard).toHaveLength(count);
  }
  protocol.dispose();
});

describe('of what follows one another, the fast path', () => {
  const good = finalFrame(OP.text, 'good');
  const MAX = 70_000;

  /** @returns what was taken, and how many octets were left to the plain path. */
  function took(stream: Buffer, at = 0): { heard: string[]; left: number } {
    const heard: string[] = [];
    const next = readWholeFrames(stream, at, MAX, {
      message: (kind, bytes, from, to) => heard.push(`${kind} ${bytes.toString('latin1', from, to)}`) > 0,
    });
    return { heard, left: stream.length - next };
  }

  test('takes all that is whole, of every length that is written differently', () => {
    for (const length of [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 65_792, MAX]) {
      const text = 'x'.repeat(length);
      const stream = Buffer.concat([good, finalFrame(OP.binary, text), finalFrame(OP.text, text), good]);
      expect(took(stream)).toEqual({ heard: ['text good', `binary ${text}`, `text ${text}`, 'text good'], left: 0 });
    }
    expect(took(finalFrame(OP.text))).toEqual({ heard: ['text '], left: 0 });
    expect(took(Buffer.concat([Buffer.alloc(9), good]), 9)).toEqual({ heard: ['text good'], left: 0 });
  });

  test.each([
    ['a fragment', frame(OP.text, 'frag')],
    ['a last fragment', frame(FIN | OP.continuation, 'frag')],
    ['a Ping', finalFrame(OP.ping, 'ping')],
    ['compressed text', frame(0xc1, 'RSV1')],
    ['what is not masked', hex`8206 000000000000 0000`],
    ['a length above the limit', finalFrame(OP.binary, Buffer.alloc(MAX + 1))],
    ['125 octets in the second form', Buffer.concat([hex`82fe 007d 00000000`, Buffer.alloc(125)])],
    ['65,535 octets in the third form', Buffer.concat([hex`82ff 000000000000ffff 00000000`, Buffer.alloc(65_535)])],
    [
      'more than four thousand million octets',
      Buffer.concat([hex`82ff 0000000100010000 00000000`, Buffer.alloc(65_536)]),
    ],
  ])('stops before %s, and leaves it as it was', (_, other) => {
    const stream = Buffer.concat([good, other, good]);
    expect(took(stream)).toEqual({ heard: ['text good'], left: other.length + good.length });
    expect(stream.subarray(good.length).equals(Buffer.concat([other, finalFrame(OP.text, 'good')]))).toBe(true);
  });

  test('stops before a frame of which one octet is missing, and leaves it as it was', () => {
    for (const text of ['', 'x', 'x'.repeat(126), 'x'.repeat(65_536)]) {
      const last = finalFrame(OP.binary, text);
      for (const bytes of new Set([1, 2, 5, 6, 7, 8, 13, 14, last.length - 1].filter((count) => count < last.length))) {
        const cut = last.subarray(0, bytes);
        const stream = Buffer.concat([finalFrame(OP.text, 'good'), cut]);
        expect(took(stream)).toEqual({ heard: ['text good'], left: bytes });
        expect(stream.subarray(-bytes).equals(cut)).toBe(true);
      }
    }
  });

  test('refuses text that is not UTF-8 by 1007, and tells of none of it (RFC 6455 §8.1)', () => {
    const heard: string[] = [];
    const sink = { message: (kind: string) => heard.push(kind) > 0 };
    const stream = Buffer.concat([
      finalFrame(OP.binary, hex`ff`),
      finalFrame(OP.text, hex`c3a9`),
      finalFrame(OP.text, hex`c3`),
    ]);
    expect(() => readWholeFrames(stream, 0, MAX, sink)).toThrow(
      expect.objectContaining({ code: 1007, section: '8.1' }),
    );
    expect(heard).toEqual(['binary', 'text']);
  });

  test('stops behind the message after which its sink wants no more', () => {
    for (const kind of [OP.binary, OP.text]) {
      const one = finalFrame(kind, 'enough');
      expect(readWholeFrames(Buffer.concat([one, good]), 0, MAX, { message: () => false })).toBe(one.length);
    }
  });
});

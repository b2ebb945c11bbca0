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

/** Runs an echo server on `pieces` with or without the fast path. @returns the received events and the sent bytes. */
function runEcho(pieces: readonly Uint8Array[], fast: boolean, settings: ProtocolSettings) {
  const protocol = new Protocol(settings);
  const events: string[] = [];
  function perform(step: Step): void {
    events.push(...describeSteps([step]));
    if (step.do === 'deliver') protocol.send(step.message.kind, step.message.bytes);
    if (step.do === 'pong') protocol.pong(step.payload);
    if (step.do === 'close') protocol.close(step.close);
  }
  const sentPieces: Buffer[] = [];
  for (const piece of pieces) {
    // Copy the piece to offset 3 of new memory, because unmasking must not depend on the offset.
    const memory = new Uint8Array(piece.length + 3);
    memory.set(piece, 3);
    const chunk = Buffer.from(memory.buffer, 3);
    if (fast) {
      protocol.beginRead();
      protocol.receive(chunk, {
        perform,
        message(kind, bytes, from, to) {
          events.push(`${kind} ${bytes.toString('latin1', from, to)}`);
          protocol.send(kind, bytes, from, to);
          return true;
        },
      });
    } else {
      for (const step of protocol.receive(chunk)) perform(step);
    }
    // Copy the pieces, because the next read overwrites the shared write buffer.
    for (const sent of protocol.take()) sentPieces.push(Buffer.from(sent));
  }
  protocol.dispose();
  return { events, sent: Buffer.concat(sentPieces).toString('hex') };
}

function expectSame(pieces: readonly Uint8Array[], settings: ProtocolSettings = SETTINGS) {
  const slow = runEcho(pieces, false, settings);
  const fast = runEcho(pieces, true, settings);
  // Compare the events first, because a difference in events is easier to read than a difference in bytes.
  expect(fast.events).toEqual(slow.events);
  expect(fast.sent === slow.sent).toBe(true);
  return fast;
}

describe('the fast path and the frame reader report the same events and send the same bytes', () => {
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

  test('for any frames, in any split, with and without compression', () => {
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

  test('for malformed lengths and missing masks', () => {
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

  test('at the message limit and one byte above', () => {
    const limit = SETTINGS.maxMessageBytes;
    expect(expectSame([finalFrame(OP.binary, Buffer.alloc(limit))]).events).toHaveLength(1);
    expect(expectSame([finalFrame(OP.binary, Buffer.alloc(limit + 1))]).events).toEqual(['close 1009', 'end by 7.4.1']);
  });

  test('for text with one wrong byte at each position', () => {
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

test('frames of each length up to 1,100 bytes are echoed unchanged', () => {
  for (let length = 0; length <= 1_100; length++) {
    const message = finalFrame(OP.binary, Buffer.alloc(length, length));
    const stream = Buffer.concat([message, finalFrame(OP.text, 'abc'), message]);
    expectSame([stream.subarray(0, 1), stream.subarray(1)]);
    expectSame([stream]);
  }
});

test('a performer that returns false gets no further messages', () => {
  const protocol = new Protocol(SETTINGS);
  const events: string[] = [];
  const performer = {
    perform: () => {},
    message(kind: string) {
      events.push(kind);
      return false;
    },
  };
  for (const [kind, count] of [[OP.text, 1] as const, [OP.binary, 2] as const]) {
    new Protocol(SETTINGS).receive(finalFrame(kind, 'x'), performer);
    expect(events).toHaveLength(count);
  }
  protocol.dispose();
});

describe('the fast path', () => {
  const good = finalFrame(OP.text, 'good');
  const MAX = 70_000;

  /**
   * Reads a stream with the fast path only.
   *
   * @returns the received messages and the number of bytes that were not read.
   */
  function runFastPath(stream: Buffer, at = 0): { events: string[]; left: number } {
    const events: string[] = [];
    const next = readWholeFrames(stream, at, MAX, {
      message: (kind, bytes, from, to) => events.push(`${kind} ${bytes.toString('latin1', from, to)}`) > 0,
    });
    return { events, left: stream.length - next };
  }

  test('reads all complete messages, in each form of the length', () => {
    for (const length of [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 65_792, MAX]) {
      const text = 'x'.repeat(length);
      const stream = Buffer.concat([good, finalFrame(OP.binary, text), finalFrame(OP.text, text), good]);
      expect(runFastPath(stream)).toEqual({
        events: ['text good', `binary ${text}`, `text ${text}`, 'text good'],
        left: 0,
      });
    }
    expect(runFastPath(finalFrame(OP.text))).toEqual({ events: ['text '], left: 0 });
    expect(runFastPath(Buffer.concat([Buffer.alloc(9), good]), 9)).toEqual({ events: ['text good'], left: 0 });
  });

  test.each([
    ['a fragment', frame(OP.text, 'frag')],
    ['a last fragment', frame(FIN | OP.continuation, 'frag')],
    ['a Ping', finalFrame(OP.ping, 'ping')],
    ['compressed text', frame(0xc1, 'RSV1')],
    ['an unmasked frame', hex`8206 000000000000 0000`],
    ['a length above the limit', finalFrame(OP.binary, Buffer.alloc(MAX + 1))],
    ['125 bytes in the 16-bit form', Buffer.concat([hex`82fe 007d 00000000`, Buffer.alloc(125)])],
    ['65,535 bytes in the 64-bit form', Buffer.concat([hex`82ff 000000000000ffff 00000000`, Buffer.alloc(65_535)])],
    ['a length of more than 4 GiB', Buffer.concat([hex`82ff 0000000100010000 00000000`, Buffer.alloc(65_536)])],
  ])('stops before %s and leaves it unchanged', (_, other) => {
    const stream = Buffer.concat([good, other, good]);
    expect(runFastPath(stream)).toEqual({ events: ['text good'], left: other.length + good.length });
    expect(stream.subarray(good.length).equals(Buffer.concat([other, finalFrame(OP.text, 'good')]))).toBe(true);
  });

  test('stops before an incomplete frame and leaves it unchanged', () => {
    for (const text of ['', 'x', 'x'.repeat(126), 'x'.repeat(65_536)]) {
      const last = finalFrame(OP.binary, text);
      for (const bytes of new Set([1, 2, 5, 6, 7, 8, 13, 14, last.length - 1].filter((count) => count < last.length))) {
        const cut = last.subarray(0, bytes);
        const stream = Buffer.concat([finalFrame(OP.text, 'good'), cut]);
        expect(runFastPath(stream)).toEqual({ events: ['text good'], left: bytes });
        expect(stream.subarray(-bytes).equals(cut)).toBe(true);
      }
    }
  });

  test('refuses text that is not UTF-8 with 1007 and does not deliver it (RFC 6455 §8.1)', () => {
    const events: string[] = [];
    const sink = { message: (kind: string) => events.push(kind) > 0 };
    const stream = Buffer.concat([
      finalFrame(OP.binary, hex`ff`),
      finalFrame(OP.text, hex`c3a9`),
      finalFrame(OP.text, hex`c3`),
    ]);
    expect(() => readWholeFrames(stream, 0, MAX, sink)).toThrow(
      expect.objectContaining({ code: 1007, section: '8.1' }),
    );
    expect(events).toEqual(['binary', 'text']);
  });

  test('stops after the message for which the sink returns false', () => {
    for (const kind of [OP.binary, OP.text]) {
      const message = finalFrame(kind, 'enough');
      expect(readWholeFrames(Buffer.concat([message, good]), 0, MAX, { message: () => false })).toBe(message.length);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isBorrowed } from '../memory/borrowed-memory.ts';
import { cuts, describeSteps, feed, finalFrame, frame, hex } from '../testing/protocol-kit.ts';
import { FIN, OP, RSV1 } from './frame.ts';
import type { Agreement } from './offers.ts';
import { incompleteBytes } from './payload-assembler.ts';
import { Protocol, type ProtocolSettings, type Step } from './protocol.ts';

const SETTINGS: ProtocolSettings = { maxMessageBytes: 100_000, deflateLevel: 1, deflateFromBytes: 0 };

/** permessage-deflate with references to earlier messages (context takeover) in both directions. */
const deflate: Agreement = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

function protocol(changes: Partial<ProtocolSettings> = {}): Protocol {
  return new Protocol({ ...SETTINGS, ...changes });
}

/** Expects the same steps (actions that the protocol demands) for each tested way to split `bytes` into reads. */
function expectSteps(bytes: Buffer, expected: string[]): void {
  for (const pieces of cuts(bytes)) expect(feed(protocol(), pieces)).toEqual(expected);
}

const BAD_TEXT = hex`ceba e1bdb9 cf83 cebc ceb5 f4908080 656469746564`;

test('inFrame is true from the first byte of a frame to its last', () => {
  const reader = protocol();
  const states = [...finalFrame(OP.text, 'ab')].map((byte) => {
    reader.receive(Buffer.from([byte]));
    return reader.inFrame;
  });
  expect(states).toEqual([true, true, true, true, true, true, true, false]);
  expect(protocol().inFrame).toBe(false);
});

test.each([
  [[frame(OP.continuation)], 'a continuation without a message', '5.4'],
  [[frame(OP.text), frame(OP.text)], 'a new message inside an unfinished one', '5.4'],
  [
    [frame(OP.binary), ...Array.from({ length: 3 }, () => frame(OP.continuation))],
    'a message must not exceed 3 frames',
    '10.4',
  ],
  [[finalFrame(OP.binary, Buffer.alloc(11))], 'a message must not exceed 10 bytes', '7.4.1'],
  [[finalFrame(OP.text, hex`ff`)], 'text that is not UTF-8', '8.1'],
])('frames out of order or beyond a limit are refused: %#', (frames, message, section) => {
  const steps = protocol({ maxMessageBytes: 10, maxFragmentsPerMessage: 3 }).receive(Buffer.concat(frames));
  expect(steps.at(-1)).toMatchObject({ do: 'end', violation: { message, section } });
  const allowed = [frame(OP.binary), frame(OP.continuation), finalFrame(OP.continuation)];
  expect(feed(protocol({ maxFragmentsPerMessage: 3 }), allowed)).toEqual(['binary ']);
});

describe('frames become messages', () => {
  test('the examples of RFC 6455 section 5.7', () => {
    expectSteps(hex`818537fa213d7f9f4d5158`, ['text Hello']);
    expectSteps(hex`898537fa213d7f9f4d5158`, ['pong Hello']);
    expectSteps(hex`8a8537fa213d7f9f4d5158`, ['heard Hello']);
  });

  test('even if they are empty', () => {
    expectSteps(finalFrame(OP.text), ['text ']);
    expectSteps(Buffer.concat([frame(OP.binary), frame(OP.continuation), finalFrame(OP.continuation)]), ['binary ']);
  });

  test('in fragments, with control frames between them', () => {
    const stream = [
      frame(OP.text, 'fra'),
      finalFrame(OP.ping, '1'),
      frame(OP.continuation),
      finalFrame(OP.pong, '2'),
      finalFrame(OP.continuation, 'gment'),
    ];
    expectSteps(Buffer.concat(stream), ['pong 1', 'heard 2', 'text fragment']);
  });

  test('of each length at which the header changes its form', () => {
    for (const length of [124, 125, 126, 127, 65_535, 65_536]) {
      expect(feed(protocol(), [finalFrame(OP.binary, Buffer.alloc(length, 'x'))])).toEqual([
        `binary ${'x'.repeat(length)}`,
      ]);
    }
  });

  test('if fragments split text inside its code points', () => {
    const text = Buffer.from('κόσμε 𝄞');
    const fragments = [...text].map((byte) => frame(OP.continuation, Buffer.from([byte])));
    const stream = Buffer.concat([frame(OP.text), ...fragments, finalFrame(OP.continuation)]);
    expectSteps(stream, [`text ${text.toString('latin1')}`]);
  });
});

describe('a broken rule is answered with a Close frame and the end of the connection', () => {
  test.each([
    ['an unmasked frame', hex`8105 48656c6c6f`, 1002, '5.1'],
    ['RSV1 without an extension', frame(0xc1, 'x'), 1002, '5.2'],
    ['RSV2', frame(0xa1, 'x'), 1002, '5.2'],
    ['RSV3 on a Close', frame(0x98), 1002, '5.2'],
    ['a reserved data opcode', finalFrame(3), 1002, '5.2'],
    ['a reserved control opcode', finalFrame(11), 1002, '5.2'],
    ['a fragmented Ping', frame(OP.ping, 'x'), 1002, '5.5'],
    ['a Ping of 126 bytes', finalFrame(OP.ping, 'x'.repeat(126)), 1002, '5.5'],
    ['half a close code', finalFrame(OP.close, hex`03`), 1002, '5.5.1'],
    ['close code 1005', finalFrame(OP.close, hex`03ed`), 1002, '7.4'],
    ['a reason that is not UTF-8', finalFrame(OP.close, hex`03e8ff`), 1007, '8.1'],
    ['a continuation without a message', finalFrame(OP.continuation), 1002, '5.4'],
    ['a message inside a message', Buffer.concat([frame(OP.text, 'a'), finalFrame(OP.text, 'b')]), 1002, '5.4'],
    ['text that is not UTF-8', finalFrame(OP.text, BAD_TEXT), 1007, '8.1'],
    ['text that ends inside a code point', finalFrame(OP.text, hex`c3`), 1007, '8.1'],
    [
      'fragments that end inside a code point',
      Buffer.concat([frame(OP.text, hex`c3`), finalFrame(OP.continuation)]),
      1007,
      '8.1',
    ],
    ['a length with its top bit set', hex`82ff8000000000000000 00000000`, 1002, '5.2'],
    ['a length that is not in its shortest form', hex`82fe0005 00000000`, 1002, '5.2'],
    ['2^53 bytes', hex`82ff0020000000000000 00000000`, 1009, '7.4.1'],
    ['2^63-1 bytes', hex`82ff7fffffffffffffff 00000000`, 1009, '7.4.1'],
  ] as const)('%s', (_rule, bytes, code, section) => {
    expectSteps(Buffer.concat([bytes, finalFrame(OP.ping, 'late'), finalFrame(OP.close)]), [
      `close ${code}`,
      `end by ${section}`,
    ]);
  });

  test('after the valid messages before it', () => {
    expectSteps(Buffer.concat([finalFrame(OP.text, 'good'), frame(0xa1, 'bad'), finalFrame(OP.ping)]), [
      'text good',
      'close 1002',
      'end by 5.2',
    ]);
  });

  test('as soon as the invalid byte arrives, even in an unfinished header, frame or message', () => {
    const fragments = [frame(OP.text, BAD_TEXT.subarray(0, 12)), frame(OP.continuation, BAD_TEXT.subarray(12, 13))];
    expect(feed(protocol(), fragments)).toEqual(['close 1007', 'end by 8.1']);
    const one = finalFrame(OP.text, BAD_TEXT);
    expect(feed(protocol(), [one.subarray(0, 6 + 12)])).toEqual([]);
    expect(feed(protocol(), [one.subarray(0, 6 + 13)])).toEqual(['close 1007', 'end by 8.1']);
    expect(feed(protocol(), [hex`89fe`])).toEqual(['close 1002', 'end by 5.5']);
  });
});

describe('the largest message', () => {
  const small = { maxMessageBytes: 10 };

  test('can have as many bytes as the limit', () => {
    expect(feed(protocol(small), [finalFrame(OP.binary, 'x'.repeat(10))])).toEqual([`binary ${'x'.repeat(10)}`]);
    expect(feed(protocol(small), [frame(OP.binary, 'x'.repeat(9)), finalFrame(OP.continuation, 'x')])).toHaveLength(1);
  });

  test('is refused at its header if it exceeds the limit', () => {
    expect(feed(protocol(small), [hex`828b 00000000`])).toEqual(['close 1009', 'end by 7.4.1']);
    expect(feed(protocol(small), [frame(OP.binary, 'x'.repeat(9)), hex`8082 00000000`])).toEqual([
      'close 1009',
      'end by 7.4.1',
    ]);
  });
});

describe('a Close frame', () => {
  test('is answered with its code, and all bytes after it are ignored', () => {
    expectSteps(
      Buffer.concat([finalFrame(OP.close, hex`03e8 6f6b`), finalFrame(OP.ping), finalFrame(OP.close), hex`ffff`]),
      ['close 1000', 'end clean'],
    );
    expectSteps(finalFrame(OP.close), ['close empty', 'end clean']);
    expectSteps(finalFrame(OP.close, hex`0fa0`), ['close 4000', 'end clean']);
  });

  test('is answered without its reason, which only the application gets (RFC 6455 §5.5.1)', () => {
    expect(protocol().receive(finalFrame(OP.close, hex`03e8 6f6b`))).toStrictEqual([
      { do: 'close', close: { code: 1000, reason: '' } },
      { do: 'end', received: { code: 1000, reason: 'ok' } },
    ]);
    expect(protocol().receive(finalFrame(OP.close))).toStrictEqual([
      { do: 'close', close: { reason: '' } },
      { do: 'end', received: { reason: '' } },
    ]);
  });

  test('is answered after the messages before it in the same read', () => {
    const stream = [
      finalFrame(OP.text, 'big'),
      finalFrame(OP.text, 'Hello World!'),
      finalFrame(OP.close, hex`03e8`),
      finalFrame(OP.ping),
    ];
    expectSteps(Buffer.concat(stream), ['text big', 'text Hello World!', 'close 1000', 'end clean']);
  });

  test('is sent once and is the last sent frame', () => {
    const one = protocol();
    expect([one.send('text', Buffer.from('in')), one.ping(Buffer.alloc(0)), one.closeSent]).toEqual([
      true,
      true,
      false,
    ]);
    one.take();
    expect(one.close({ code: 1001, reason: '' })).toBe(true);
    expect(one.closeSent).toBe(true);
    expect(one.close({ code: 1000, reason: '' })).toBe(false);
    expect(one.send('text', Buffer.from('late'))).toBe(false);
    expect(one.ping(Buffer.alloc(0))).toBe(false);
    expect(Buffer.concat(one.take()).toString('hex')).toBe('880203e9');
    expect(feed(one, [finalFrame(OP.close, hex`03e9`)])).toEqual(['close 1001', 'end clean']);
  });
});

describe('sent data', () => {
  test('is in order, unmasked and in as few pieces as possible', () => {
    const one = protocol();
    one.send('text', Buffer.from('Hello'));
    one.ping(Buffer.from('p'));
    one.pong(Buffer.alloc(0));
    expect(one.unsentBytes).toBe(12);
    expect(one.take().map((piece) => piece.toString('hex'))).toEqual(['810548656c6c6f89017' + '08a00']);
    expect([one.take(), one.unsentBytes]).toEqual([[], 0]);
    one.send('binary', Buffer.alloc(70_000, 1));
    expect(one.take().map((piece) => piece.length)).toEqual([10, 70_000]);
  });

  test('contains no control frame of more than 125 bytes (RFC 6455 §5.5)', () => {
    expect(protocol().ping(Buffer.alloc(125))).toBe(true);
    const message = 'a control frame holds at most 125 bytes (RFC 6455 5.5), not 126';
    expect(() => protocol().ping(Buffer.alloc(126))).toThrow(new RangeError(message));
  });

  test('is compressed from deflateFromBytes on, also for a range inside a buffer', () => {
    const one = protocol({ deflate, deflateFromBytes: 5 });
    one.send('binary', Buffer.from('0123456789'), 4, 8);
    expect(Buffer.concat(one.take()).toString('latin1')).toBe('\x82\x044567');
    one.send('binary', Buffer.from('0123456789'), 4, 9);
    expect(Buffer.concat(one.take())[0]).toBe(FIN | RSV1 | OP.binary);
  });

  test('is in the shared write buffer after beginRead, and in own memory otherwise', () => {
    const [[first], [second], [other]] = [true, true, false].map((borrows) => {
      const one = protocol();
      if (borrows) one.beginRead();
      one.pong(Buffer.alloc(0));
      return one.take();
    }) as [Buffer[], Buffer[], Buffer[]];
    expect(first?.buffer).toBe(second?.buffer);
    expect(first?.buffer).not.toBe(other?.buffer);
  });
});

describe('any stream of frames, valid or not', () => {
  const payload = fc.oneof(fc.string({ maxLength: 30 }), fc.uint8Array({ maxLength: 140 }));
  const opcode = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(0, 1, 2, 9, 10) },
    { weight: 1, arbitrary: fc.nat(15) },
  );
  const first = fc.tuple(
    fc.boolean(),
    fc.oneof({ weight: 30, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) }),
    opcode,
  );
  const frames = fc.array(fc.tuple(first, payload, fc.integer()), { maxLength: 12 });

  test('causes the same steps however it is split', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 })), (list, sizes) => {
        const stream = Buffer.concat(
          list.map(([[fin, rsv, op], data, mask]) => frame((fin ? FIN : 0) | (rsv << 4) | op, data, mask >>> 0)),
        );
        const pieces: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          pieces.push(stream.subarray(at, at + size));
          at += size;
        }
        pieces.push(stream.subarray(at));
        const expected = feed(protocol(), [stream]);
        expect(feed(protocol(), pieces)).toEqual(expected);
        expect(
          feed(
            protocol(),
            [...stream].map((byte) => Buffer.from([byte])),
          ),
        ).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test('never causes an exception, not even random bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
        const one = protocol({
          deflate: {
            serverNoContextTakeover: true,
            clientNoContextTakeover: true,
            serverMaxWindowBits: 15,
            clientMaxWindowBits: 15,
          },
        });
        for (const chunk of chunks) describeSteps(one.receive(Buffer.from(chunk)));
        one.dispose();
      }),
      { numRuns: 500 },
    );
  });
});

describe('memory', () => {
  test('of a message or control frame is the read chunk itself, and is copied only if TCP splits the frame', () => {
    for (const opcode of [OP.ping, OP.binary]) {
      const read = finalFrame(opcode, 'payload');
      const [step] = protocol().receive(read);
      const bytes = step?.do === 'deliver' ? step.message.bytes : step?.do === 'pong' ? step.payload : undefined;
      expect([bytes?.toString(), bytes?.buffer === read.buffer, bytes?.byteOffset]).toEqual([
        'payload',
        true,
        read.byteOffset + 6,
      ]);
      const cut = finalFrame(opcode, 'payload');
      expect(feed(protocol(), [cut.subarray(0, 9), cut.subarray(9)])).toEqual([
        opcode === OP.ping ? 'pong payload' : 'binary payload',
      ]);
    }
  });

  test('of an inflated message is borrowed for a performer, and a copy in collected steps', () => {
    const stream = [hex`f248cdc9c90700`, hex`4a4cf20500`].map((bytes) => frame(FIN | RSV1 | OP.text, bytes));
    const steps = protocol({ deflate }).receive(Buffer.concat(stream));
    expect(describeSteps(steps)).toEqual(['text Hello', 'text abM']);
    const borrowed: boolean[] = [];
    protocol({ deflate }).receive(Buffer.concat(stream.map((one) => Buffer.from(one))), {
      perform: (step: Step) => borrowed.push(step.do === 'deliver' && isBorrowed(step.message.bytes)),
      message: () => expect.fail('the fast path must not read compressed messages'),
    });
    expect(borrowed).toEqual([true, true]);
  });

  test('of the compression window is freed by releaseDeflater, and the inflate window is kept (RFC 7692 §7.1.1)', () => {
    const one = protocol({ deflate });
    const sent = () => {
      one.send('text', Buffer.from('a text that comes again and again, word for word'));
      return Buffer.concat(one.take()).toString('hex');
    };
    const first = sent();
    expect(sent().length).toBeLessThan(first.length);
    expect(feed(one, [frame(FIN | RSV1 | OP.text, hex`f248cdc9c90700`)])).toEqual(['text Hello']);
    one.releaseDeflater();
    expect(sent()).toBe(first);
    // The second `Hello` of the example in RFC 7692 §7.2.3.2 is only a reference to the first. It can be inflated only
    // if the inflate window was kept.
    expect(feed(one, [frame(FIN | RSV1 | OP.text, hex`f200110000`)])).toEqual(['text Hello']);
    expect(() => protocol().releaseDeflater()).not.toThrow();
    one.dispose();
  });

  test.each([
    ['when the connection is closed', undefined],
    ['after a Close frame', finalFrame(OP.close)],
    ['after a violation', frame(0xa1)],
  ])('of an unfinished message is freed %s, and further bytes are ignored (RFC 6455 §10.4)', (_when, end) => {
    const bytesBefore = incompleteBytes();
    const one = protocol();
    feed(one, [frame(OP.binary, Buffer.alloc(40_000)), finalFrame(OP.ping, 'half').subarray(0, 8)]);
    expect(incompleteBytes()).toBeGreaterThanOrEqual(bytesBefore + 40_002);
    if (end === undefined) one.dispose();
    else feed(one, [finalFrame(OP.ping, 'half').subarray(8), end]);
    expect(incompleteBytes()).toBe(bytesBefore);
    expect(feed(one, [finalFrame(OP.ping, 'half').subarray(8), finalFrame(OP.ping)])).toEqual([]);
  });
});

test('an exception other than a Violation passes through receive', () => {
  class Broken extends Protocol {
    protected override onCloseFrame(): void {
      throw new TypeError('a bug');
    }
  }
  expect(() => new Broken(SETTINGS).receive(finalFrame(OP.close))).toThrow(TypeError);
});

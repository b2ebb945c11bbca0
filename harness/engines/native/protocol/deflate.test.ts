import { createDeflateRaw, constants as zlib } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deflateMessage, Inflater, windowAfter } from './deflate.ts';

const NOTHING = Buffer.alloc(0);
const TAIL = Buffer.from('0000ffff', 'hex');

/**
 * Compresses messages with one zlib stream, as a server with context takeover does. Cuts the last four bytes (00 00 ff
 * ff) off each message.
 */
async function streamed(messages: readonly Buffer[], windowBits = 15): Promise<Buffer[]> {
  const stream = createDeflateRaw({ windowBits });
  const sent: Buffer[] = [];
  for (const message of messages) {
    const chunks: Buffer[] = [];
    const collect = (chunk: Buffer): number => chunks.push(chunk);
    stream.on('data', collect);
    stream.write(message);
    await new Promise<void>((resolve) => stream.flush(zlib.Z_SYNC_FLUSH, () => resolve()));
    stream.off('data', collect);
    sent.push(Buffer.concat(chunks).subarray(0, -4));
  }
  stream.close();
  return sent;
}

describe('an inflater', () => {
  it('reads the messages of a stream with context takeover', async () => {
    const messages = ['Hello', 'Hello, Hello', '', 'Hello again and again'].map((text) => Buffer.from(text));
    const inflater = new Inflater(false, 15);
    for (const [i, payload] of (await streamed(messages)).entries())
      expect(inflater.message(payload).toString()).toBe(messages[i]?.toString());
  });

  it('reads messages that are longer than the window', async () => {
    const messages = [1, 2, 3].map((n) => Buffer.from(Array.from({ length: 9000 }, (_, i) => `${n * i},`).join('')));
    for (const bits of [9, 15]) {
      const inflater = new Inflater(false, bits);
      for (const [i, payload] of (await streamed(messages, bits)).entries())
        expect(inflater.message(payload).equals(messages[i] ?? NOTHING)).toBe(true);
    }
  });

  it('throws if a message refers to an earlier one without context takeover', async () => {
    const [first = NOTHING, second = NOTHING] = await streamed([
      Buffer.from('a long greeting'),
      Buffer.from('a long greeting'),
    ]);
    const inflater = new Inflater(true, 15);
    expect(inflater.message(first).toString()).toBe('a long greeting');
    expect(() => inflater.message(second)).toThrow();
  });

  it('reads nothing after a final block, except without context takeover', () => {
    const final = Buffer.concat([
      Buffer.from('01050000faff'.slice(0, 2), 'hex'),
      Buffer.from('0500faff', 'hex'),
      Buffer.from('Hello'),
    ]);
    const withTakeover = new Inflater(false, 15);
    expect([withTakeover.message(final).toString(), withTakeover.message(final).toString()]).toEqual(['Hello', '']);
    const withoutTakeover = new Inflater(true, 15);
    expect([withoutTakeover.message(final).toString(), withoutTakeover.message(final).toString()]).toEqual([
      'Hello',
      'Hello',
    ]);
  });

  it('throws at the message after a message whose tail was not removed, as a stream does', () => {
    const [message] = [deflateMessage(Buffer.from('Hello'), NOTHING, 15)];
    const inflater = new Inflater(false, 15);
    expect(inflater.message(Buffer.concat([message ?? NOTHING, TAIL])).toString()).toBe('Hello');
    expect(() => inflater.message(message ?? NOTHING)).toThrow();
  });

  it('does not count the tail as a part of the message', () => {
    // The last block of this compressed message is not finished. zlib therefore reads the tail (00 00 ff ff) as a part
    // of the block.
    const message = Buffer.from('{ "station": "harbour", "values": [1, 2, 3], "unit": "m" }');
    const cutShort = deflateMessage(message, NOTHING, 15).subarray(0, -1);
    expect(new Inflater(true, 15).message(cutShort).toString()).toBe(message.toString());
  });

  it('throws if the bytes are not deflate data', () => {
    expect(() => new Inflater(false, 15).message(Buffer.from('ffffffff', 'hex'))).toThrow();
  });
});

describe('an inflater that gets messages in pieces', () => {
  /** Returns the text of a decompressed message, or `threw` if decompression throws. */
  const outcome = (inflate: () => Buffer): string => {
    try {
      return inflate().toString('latin1');
    } catch {
      return 'threw';
    }
  };
  const inPieces = (inflater: Inflater, payload: Buffer, size: number): Buffer => {
    const pieces: Buffer[] = [];
    inflater.begin();
    for (let at = 0; at < payload.length; at += size) pieces.push(inflater.piece(payload.subarray(at, at + size)));
    inflater.end();
    return Buffer.concat(pieces);
  };
  const damaged = (payload: Buffer, damage: string): Buffer => {
    if (damage === 'cut') return payload.subarray(0, -1);
    if (damage === 'tail') return Buffer.concat([payload, TAIL]);
    return damage === 'final' ? Buffer.concat([payload, Buffer.from('030061', 'hex')]) : payload;
  };

  it('gives the same messages as one that gets them whole, also with damaged messages between them', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.integer({ min: 9, max: 15 }),
        fc.array(
          fc.record({
            text: fc.string({ maxLength: 300 }),
            damage: fc.constantFrom('', '', '', 'cut', 'tail', 'final'),
            size: fc.option(fc.integer({ min: 1, max: 40 })),
          }),
          { maxLength: 6 },
        ),
        (noContextTakeover, bits, messages) => {
          const [whole, divided] = [new Inflater(noContextTakeover, bits), new Inflater(noContextTakeover, bits)];
          let window: Buffer = NOTHING;
          for (const { text, damage, size } of messages) {
            const message = Buffer.from(text.repeat(3));
            const payload = damaged(deflateMessage(message, noContextTakeover ? NOTHING : window, bits), damage);
            window = windowAfter(window, message, bits);
            const expected = outcome(() => whole.message(payload));
            const found = outcome(() => (size === null ? divided.message(payload) : inPieces(divided, payload, size)));
            expect(found).toBe(expected);
            // An exception ends the connection, so no message follows.
            if (expected === 'threw') return;
          }
        },
      ),
    );
  });

  it('gives each piece what it inflates to, and messages of any size', () => {
    const text = Buffer.from('abcdefghij'.repeat(60_000));
    for (const bits of [9, 15]) {
      const inflater = new Inflater(false, bits);
      expect(inPieces(inflater, deflateMessage(text, NOTHING, bits), 50).equals(text)).toBe(true);
      expect(inflater.message(deflateMessage(text, NOTHING, bits)).equals(text)).toBe(true);
    }
    const stored = new Inflater(true, 15);
    stored.begin();
    expect(stored.piece(Buffer.from('000500faff4865', 'hex')).toString()).toBe('He');
    expect(stored.piece(Buffer.from('6c6c6f', 'hex')).toString()).toBe('llo');
  });

  it('throws at the piece that is not deflate data', () => {
    const inflater = new Inflater(false, 15);
    inflater.begin();
    expect(inflater.piece(Buffer.from('00', 'hex'))).toEqual(NOTHING);
    expect(() => inflater.piece(Buffer.from('ffffffff', 'hex'))).toThrow('Z_DATA_ERROR');
  });
});

describe('a deflated message', () => {
  it('is decompressed to the same message, with any window', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 6 }), fc.integer({ min: 9, max: 15 }), (texts, bits) => {
        const inflater = new Inflater(false, 15);
        let window: Buffer = NOTHING;
        for (const text of texts) {
          const message = Buffer.from(text);
          expect(inflater.message(deflateMessage(message, window, bits)).equals(message)).toBe(true);
          window = windowAfter(window, message, bits);
        }
      }),
    );
  });

  it('is equal to the example of RFC 7692 7.2.3.1', () => {
    expect(deflateMessage(Buffer.from('Hello'), NOTHING, 15).toString('hex')).toBe('f248cdc9c90700');
  });

  it('throws for a window of 8 bits, which zlib does not have', () => {
    expect(() => deflateMessage(NOTHING, NOTHING, 8)).toThrow(RangeError);
  });
});

import { createDeflateRaw, constants as zlib } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deflateMessage, Inflater, windowAfter } from './deflate.ts';

const NOTHING = Buffer.alloc(0);
const TAIL = Buffer.from('0000ffff', 'hex');

/** Compresses messages with one zlib stream, as a server with context takeover does, and cuts off the tails. */
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
    // The last block of the compressed message is not finished, so that zlib reads the tail as a part of the block.
    const message = Buffer.from('{ "station": "harbour", "values": [1, 2, 3], "unit": "m" }');
    const cutShort = deflateMessage(message, NOTHING, 15).subarray(0, -1);
    expect(new Inflater(true, 15).message(cutShort).toString()).toBe(message.toString());
  });

  it('throws if the bytes are not deflate data', () => {
    expect(() => new Inflater(false, 15).message(Buffer.from('ffffffff', 'hex'))).toThrow();
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

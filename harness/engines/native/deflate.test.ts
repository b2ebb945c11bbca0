import { createDeflateRaw, constants as zlib } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deflateMessage, Inflater, windowAfter } from './deflate.ts';

const NOTHING = Buffer.alloc(0);
const TAIL = Buffer.from('0000ffff', 'hex');

/** Messages through one zlib stream, as a server with context takeover sends them, tails cut off. */
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
  it('reads a stream that remembers, message by message', async () => {
    const messages = ['Hello', 'Hello, Hello', '', 'Hello again and again'].map((text) => Buffer.from(text));
    const inflater = new Inflater(false, 15);
    for (const [i, octets] of (await streamed(messages)).entries())
      expect(inflater.message(octets).toString()).toBe(messages[i]?.toString());
  });

  it('reads messages longer than the window behind one another', async () => {
    const messages = [1, 2, 3].map((n) => Buffer.from(Array.from({ length: 9000 }, (_, i) => `${n * i},`).join('')));
    for (const bits of [9, 15]) {
      const inflater = new Inflater(false, bits);
      for (const [i, octets] of (await streamed(messages, bits)).entries())
        expect(inflater.message(octets).equals(messages[i] ?? NOTHING)).toBe(true);
    }
  });

  it('does not read a stream that remembers where it was promised not to', async () => {
    const [first = NOTHING, second = NOTHING] = await streamed([
      Buffer.from('a long greeting'),
      Buffer.from('a long greeting'),
    ]);
    const inflater = new Inflater(true, 15);
    expect(inflater.message(first).toString()).toBe('a long greeting');
    expect(() => inflater.message(second)).toThrow();
  });

  it('finds nothing behind a final block, until it forgets', () => {
    const final = Buffer.concat([
      Buffer.from('01050000faff'.slice(0, 2), 'hex'),
      Buffer.from('0500faff', 'hex'),
      Buffer.from('Hello'),
    ]);
    const remembering = new Inflater(false, 15);
    expect([remembering.message(final).toString(), remembering.message(final).toString()]).toEqual(['Hello', '']);
    const forgetting = new Inflater(true, 15);
    expect([forgetting.message(final).toString(), forgetting.message(final).toString()]).toEqual(['Hello', 'Hello']);
  });

  it('stumbles over the message after one whose tail was left on, as a stream does', () => {
    const [message] = [deflateMessage(Buffer.from('Hello'), NOTHING, 15)];
    const inflater = new Inflater(false, 15);
    expect(inflater.message(Buffer.concat([message ?? NOTHING, TAIL])).toString()).toBe('Hello');
    expect(() => inflater.message(message ?? NOTHING)).toThrow();
  });

  it('takes nothing for the message that only the tail brought', () => {
    // A block that is not finished: the tail would be read as more of it.
    const message = Buffer.from('{ "station": "harbour", "values": [1, 2, 3], "unit": "m" }');
    const cutShort = deflateMessage(message, NOTHING, 15).subarray(0, -1);
    expect(new Inflater(true, 15).message(cutShort).toString()).toBe(message.toString());
  });

  it('throws at what is no deflate data', () => {
    expect(() => new Inflater(false, 15).message(Buffer.from('ffffffff', 'hex'))).toThrow();
  });
});

describe('a deflated message', () => {
  it('comes back, whatever was remembered of the one before', () => {
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

  it('is the example of RFC 7692 7.2.3.1', () => {
    expect(deflateMessage(Buffer.from('Hello'), NOTHING, 15).toString('hex')).toBe('f248cdc9c90700');
  });

  it('cannot be made with a window that zlib does not have', () => {
    expect(() => deflateMessage(NOTHING, NOTHING, 8)).toThrow(RangeError);
  });
});

import { createHash } from 'node:crypto';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isBorrowed } from '../memory/borrowed-memory.ts';
import { cuts, feed, frame, hex } from '../testing/protocol-kit.ts';
import { type Deflater, openDeflate } from './deflate.ts';
import { OP } from './frame.ts';
import type { Agreement } from './offers.ts';
import { Protocol } from './protocol.ts';

const AGREED: Agreement = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};
const MAX = 1_000_000;

/** Copies a result, because the next message overwrites its memory. */
const copy = (bytes: Buffer) => Buffer.from(bytes);

function open(changes: Partial<Agreement> = {}) {
  return openDeflate({ ...AGREED, ...changes }, 6);
}

/**
 * Returns the size in bytes of the smallest window that can inflate the given data. zlib checks how far back a
 * reference goes only if the reference leaves the current output chunk, so the chunks have only 64 bytes.
 */
function neededWindow(data: Buffer): number {
  for (let bits = 8; bits < 16; bits++) {
    try {
      // zlib refuses a reference that goes further back than the configured window.
      inflateRawSync(data, { windowBits: bits, chunkSize: 64, finishFlush: constants.Z_SYNC_FLUSH });
      return 2 ** bits;
    } catch {}
  }
  return 2 ** 15;
}

describe('inflating', () => {
  test('the examples of RFC 7692 section 7.2.3', () => {
    const { inflater } = open();
    // RFC 7692 §7.2.3.1: one compressed block.
    expect(inflater.inflate(hex`f248cdc9c90700`, MAX, copy).toString()).toBe('Hello');
    // RFC 7692 §7.2.3.2: the same text, as a reference into the window.
    expect(inflater.inflate(hex`f200110000`, MAX, copy).toString()).toBe('Hello');
    // RFC 7692 §7.2.3.3: a stored block, which is not compressed.
    expect(inflater.inflate(hex`000500faff48656c6c6f00`, MAX, copy).toString()).toBe('Hello');
    // RFC 7692 §7.2.3.4: a block with BFINAL set.
    expect(inflater.inflate(hex`f348cdc9c9070000`, MAX, copy).toString()).toBe('Hello');
    // RFC 7692 §7.2.3.5: two blocks in one message.
    expect(inflater.inflate(hex`f24805000000ffffcac9c90700`, MAX, copy).toString()).toBe('Hello');
    // RFC 7692 §7.2.3.6: an empty message.
    expect(inflater.inflate(hex`00`, MAX, copy).toString()).toBe('');
    expect(inflater.inflate(Buffer.alloc(0), MAX, copy).toString()).toBe('');
    inflater.close();
  });

  test('continues after a message whose last block has BFINAL', () => {
    const { inflater } = open();
    for (let n = 0; n < 3; n++) {
      expect(inflater.inflate(deflateRawSync('final'), MAX, copy).toString()).toBe('final');
      expect(inflater.inflate(Buffer.concat([deflateRawSync('final'), hex`00`]), MAX, copy).toString()).toBe('final');
      expect(inflater.inflate(hex`f248cdc9c90700`, MAX, copy).toString()).toBe('Hello');
    }
    inflater.close();
  });

  test('stops at the message limit, inclusive', () => {
    for (const size of [10, 255_999, 256 * 1024, 600_000]) {
      const bomb = deflateRawSync(Buffer.alloc(size), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
      expect(open().inflater.inflate(bomb, size, copy)).toHaveLength(size);
      expect(() => open().inflater.inflate(bomb, size - 1, copy)).toThrow(expect.objectContaining({ code: 1009 }));
    }
  });

  test('refuses data that is not deflate', () => {
    for (const noise of [hex`ff`, hex`0005000000`, hex`07`]) {
      expect(() => open().inflater.inflate(noise, MAX, copy)).toThrow(expect.objectContaining({ code: 1007 }));
    }
    const shared = { clientNoContextTakeover: true };
    expect(() => open(shared).inflater.inflate(hex`ff`, MAX, copy)).toThrow();
    expect(open(shared).inflater.inflate(hex`f248cdc9c90700`, MAX, copy).toString()).toBe('Hello');
  });

  test('refuses distances beyond the negotiated window, also with a shared context', () => {
    const block = createHash('shake256', { outputLength: 3000 }).update('block').digest();
    const plain = Buffer.concat(Array<Buffer>(200).fill(block));
    const sent = deflateRawSync(plain, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    for (const clientNoContextTakeover of [true, false]) {
      for (const clientMaxWindowBits of [9, 15, 9]) {
        const { inflater } = open({ clientNoContextTakeover, clientMaxWindowBits });
        if (clientMaxWindowBits === 15) expect(inflater.inflate(sent, MAX, copy).equals(plain)).toBe(true);
        else expect(() => inflater.inflate(sent, MAX, copy)).toThrow(expect.objectContaining({ code: 1007 }));
      }
    }
  });

  test('forgets earlier messages after close, and can be closed before the first message', () => {
    const { inflater } = open();
    inflater.close();
    inflater.inflate(hex`f248cdc9c90700`, MAX, copy);
    inflater.close();
    expect(() => inflater.inflate(hex`f200110000`, MAX, copy)).toThrow(expect.objectContaining({ code: 1007 }));
  });

  test('forgets earlier messages with client_no_context_takeover', () => {
    const { inflater } = open({ clientNoContextTakeover: true });
    inflater.inflate(hex`f248cdc9c90700`, MAX, copy);
    expect(() => inflater.inflate(hex`f200110000`, MAX, copy)).toThrow(expect.objectContaining({ code: 1007 }));
  });
});

describe('deflating', () => {
  test('produces data that a peer can inflate, for all negotiated parameters', () => {
    const modes = fc.record({
      serverNoContextTakeover: fc.boolean(),
      clientNoContextTakeover: fc.boolean(),
      serverMaxWindowBits: fc.integer({ min: 9, max: 15 }),
    });
    const messages = fc.array(fc.oneof(fc.uint8Array({ maxLength: 3000 }), fc.string({ maxLength: 3000 })), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(modes, messages, (mode, list) => {
        const ours = open(mode);
        // The peer runs the code of the server, with the parameters of client and server swapped. The next test uses
        // zlib itself as the peer.
        const peer = open({
          clientNoContextTakeover: mode.serverNoContextTakeover,
          clientMaxWindowBits: mode.serverMaxWindowBits,
        });
        for (const message of list) {
          const bytes = Buffer.from(message);
          const sent = ours.deflater.deflate(bytes, copy);
          expect(peer.inflater.inflate(sent, MAX, copy).equals(bytes)).toBe(true);
        }
        ours.deflater.close();
        peer.inflater.close();
      }),
      { numRuns: 100 },
    );
  });

  test('refers back no farther than the negotiated window', () => {
    const block = Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * n * 31 + (n >> 3)) & 0xff));
    const text = Buffer.concat(Array<Buffer>(20).fill(block));
    for (let bits = 9; bits <= 15; bits++) {
      const sent = open({ serverMaxWindowBits: bits }).deflater.deflate(text, copy);
      expect(neededWindow(sent)).toBeLessThanOrEqual(2 ** bits);
    }
    // Check that the text refers back more than 2 KiB if the window allows it.
    expect(neededWindow(open().deflater.deflate(text, copy))).toBeGreaterThan(2 ** 11);
  });

  test('refers to earlier messages only with context takeover', () => {
    const text = Buffer.from('a text that comes again and again, word for word');
    const withTakeover = open().deflater;
    expect(withTakeover.deflate(text, copy).length).toBeGreaterThan(withTakeover.deflate(text, copy).length);
    const fresh = open({ serverNoContextTakeover: true }).deflater;
    const first = fresh.deflate(text, copy);
    expect(fresh.deflate(text, copy)).toEqual(first);
    expect(inflateRawSync(first, { finishFlush: constants.Z_SYNC_FLUSH })).toEqual(text);
  });

  test('shares 64 windows between all connections and reuses the least recently used one', () => {
    const text = createHash('shake256', { outputLength: 300 }).update('text').digest();
    const farText = Buffer.concat(
      Array<Buffer>(3).fill(createHash('shake256', { outputLength: 700 }).update('far').digest()),
    );
    const read = (data: Buffer) => inflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH });
    const all = Array.from({ length: 64 }, () => open().deflater);
    const remembers = (deflater?: Deflater) => Number(deflater?.deflate(text, copy).length) < text.length;
    expect(all.some(remembers)).toBe(false);
    expect(all.every(remembers)).toBe(true);
    // The first deflater is now the most recently used one, and the second the least recently used one.
    expect(remembers(all[0])).toBe(true);
    const another = open().deflater;
    expect(read(another.deflate(text, copy))).toEqual(text);
    expect(remembers(all[1])).toBe(false);
    const narrow = open({ serverMaxWindowBits: 9 }).deflater;
    expect(neededWindow(narrow.deflate(farText, copy))).toBeLessThanOrEqual(512);
    expect([another, all[1], ...all.slice(4), all[0]].every(remembers)).toBe(true);
    expect(remembers(all[3])).toBe(false);
    for (const deflater of [...all, another, narrow]) deflater.close();
    expect(all.some(remembers)).toBe(false);
    for (const deflater of all) deflater.close();
  });

  test('raises the level to 4 for the smallest window, with which level 1 compresses badly', () => {
    const words = ['the', 'then', 'there', 'these', 'theory', 'other', 'another'];
    const text = Buffer.from(Array.from({ length: 6000 }, (_, n) => words[(n * n * 31 + (n >> 3)) % 7]).join(' '));
    const size = (serverMaxWindowBits: number, level: number, serverNoContextTakeover: boolean) => {
      const { deflater } = openDeflate({ ...AGREED, serverMaxWindowBits, serverNoContextTakeover }, level);
      const { length } = deflater.deflate(text, copy);
      deflater.close();
      return length;
    };
    for (const fresh of [false, true]) {
      expect(size(9, 1, fresh)).toBe(size(9, 4, fresh));
      expect(size(9, 9, fresh)).toBeLessThan(size(9, 4, fresh));
      expect(size(15, 4, fresh)).toBeLessThan(size(15, 1, fresh));
    }
  });

  test('writes each empty message as in RFC 7692 section 7.2.3.6', () => {
    const { deflater } = open();
    for (let n = 0; n < 3; n++) expect(deflater.deflate(Buffer.alloc(0), copy)).toEqual(hex`00`);
    expect(deflater.deflate(Buffer.from('x'), copy).length).toBeGreaterThan(1);
  });

  test('passes borrowed results of any size, and can compress an inflated message during the call', () => {
    const { inflater, deflater } = open({ serverNoContextTakeover: true, clientNoContextTakeover: true });
    // Random data does not shrink, so the result does not fit into the fixed output buffer.
    const noise = createHash('shake256', { outputLength: 400_000 }).update('noise').digest();
    for (const plain of [noise, Buffer.from('Hello'), noise, noise.subarray(1)]) {
      const sent = deflateRawSync(plain, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
      inflater.inflate(sent, MAX, (inflated) => {
        deflater.deflate(inflated, (deflated) => {
          expect([isBorrowed(inflated), isBorrowed(deflated)]).toEqual([true, true]);
          expect(inflateRawSync(deflated, { finishFlush: constants.Z_SYNC_FLUSH }).equals(plain)).toBe(true);
        });
        expect(inflated.equals(plain)).toBe(true);
      });
    }
  });
});

describe('compressed messages in the protocol', () => {
  const protocol = (maxMessageBytes = 1000) =>
    new Protocol({ maxMessageBytes, deflate: AGREED, deflateLevel: 6, deflateFromBytes: 3 });

  test('are read in any split, in fragments and between uncompressed messages', () => {
    const stream = Buffer.concat([
      frame(0xc1, hex`f248cdc9c90700`),
      frame(0x41, hex`f200`),
      frame(0x89, 'ping'),
      frame(0x80, hex`110000`),
      frame(0x81, 'plain'),
    ]);
    for (const pieces of cuts(stream)) {
      expect(feed(protocol(), pieces)).toEqual(['text Hello', 'pong ping', 'text Hello', 'text plain']);
    }
  });

  test('must be UTF-8 and within the message limit after inflating', () => {
    const bad = deflateRawSync(hex`eda080`, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    expect(feed(protocol(), [frame(0xc1, bad)])).toEqual(['close 1007', 'end by 8.1']);
    const bomb = deflateRawSync(Buffer.alloc(1001), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    expect(feed(protocol(), [frame(0xc2, bomb)])).toEqual(['close 1009', 'end by 7.4.1']);
    expect(feed(protocol(), [frame(0xc2, hex`ff`)])).toEqual(['close 1007', 'end by 7692 7.2.2']);
  });

  test('must have RSV1 on their first frame only', () => {
    expect(feed(protocol(), [frame(0x41, hex`f248`), frame(0xc0, hex`00`)])).toEqual(['close 1002', 'end by 7692 6.1']);
    expect(feed(protocol(), [frame(0xc9)])).toEqual(['close 1002', 'end by 7692 6.1']);
  });

  test('are sent uncompressed after a message that did not shrink, until one shrinks (RFC 7692 §6)', () => {
    const sender = protocol();
    const noise = createHash('shake256', { outputLength: 2000 }).update('noise').digest();
    const sent = (bytes: Buffer) => {
      sender.send('binary', bytes);
      return Buffer.concat(sender.take());
    };
    expect(sent(noise)[0]).toBe(0xc2);
    expect(sent(noise)).toEqual(Buffer.concat([hex`827e07d0`, noise]));
    expect(sent(Buffer.alloc(2000))[0]).toBe(0xc2);
    expect(sent(noise)[0]).toBe(0xc2);
  });

  test('are sent with RSV1, and small messages uncompressed', () => {
    const sender = protocol();
    sender.send('text', Buffer.from('Hello'));
    sender.send('binary', Buffer.from('Hi'));
    expect(Buffer.concat(sender.take()).toString('hex')).toBe('c107f248cdc9c90700' + '82024869');
    expect(OP.binary).toBe(2);
    sender.dispose();
  });
});

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

/** Looks at what is lent, and keeps it. */
const kept = (bytes: Buffer) => Buffer.from(bytes);

function open(changes: Partial<Agreement> = {}) {
  return openDeflate({ ...AGREED, ...changes }, 6);
}

/**
 * The smallest window, in octets, that raw deflate data can be read with. zlib looks at distances only where they
 * leave what it just wrote, so it is given room for 64 octets at a time.
 */
function farthest(data: Buffer): number {
  for (let bits = 8; bits < 16; bits++) {
    try {
      // zlib refuses a distance beyond the window it was told of.
      inflateRawSync(data, { windowBits: bits, chunkSize: 64, finishFlush: constants.Z_SYNC_FLUSH });
      return 2 ** bits;
    } catch {}
  }
  return 2 ** 15;
}

describe('inflating', () => {
  test('the examples of RFC 7692 section 7.2.3', () => {
    const { inflater } = open();
    expect(inflater.inflate(hex`f248cdc9c90700`, MAX, kept).toString()).toBe('Hello'); // 7.2.3.1
    expect(inflater.inflate(hex`f200110000`, MAX, kept).toString()).toBe('Hello'); // 7.2.3.2, from the window
    expect(inflater.inflate(hex`000500faff48656c6c6f00`, MAX, kept).toString()).toBe('Hello'); // 7.2.3.3, not compressed
    expect(inflater.inflate(hex`f348cdc9c9070000`, MAX, kept).toString()).toBe('Hello'); // 7.2.3.4, BFINAL
    expect(inflater.inflate(hex`f24805000000ffffcac9c90700`, MAX, kept).toString()).toBe('Hello'); // 7.2.3.5, two blocks
    expect(inflater.inflate(hex`00`, MAX, kept).toString()).toBe(''); // 7.2.3.6
    expect(inflater.inflate(Buffer.alloc(0), MAX, kept).toString()).toBe('');
    inflater.close();
  });

  test('goes on after a message whose last block says that it is the last', () => {
    const { inflater } = open();
    for (let n = 0; n < 3; n++) {
      expect(inflater.inflate(deflateRawSync('final'), MAX, kept).toString()).toBe('final');
      expect(inflater.inflate(Buffer.concat([deflateRawSync('final'), hex`00`]), MAX, kept).toString()).toBe('final');
      expect(inflater.inflate(hex`f248cdc9c90700`, MAX, kept).toString()).toBe('Hello');
    }
    inflater.close();
  });

  test('stops at the limit, inclusive', () => {
    for (const size of [10, 255_999, 256 * 1024, 600_000]) {
      const bomb = deflateRawSync(Buffer.alloc(size), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
      expect(open().inflater.inflate(bomb, size, kept)).toHaveLength(size);
      expect(() => open().inflater.inflate(bomb, size - 1, kept)).toThrow(expect.objectContaining({ code: 1009 }));
    }
  });

  test('refuses what is not deflate', () => {
    for (const noise of [hex`ff`, hex`0005000000`, hex`07`]) {
      expect(() => open().inflater.inflate(noise, MAX, kept)).toThrow(expect.objectContaining({ code: 1007 }));
    }
    const shared = { clientNoContextTakeover: true };
    expect(() => open(shared).inflater.inflate(hex`ff`, MAX, kept)).toThrow();
    expect(open(shared).inflater.inflate(hex`f248cdc9c90700`, MAX, kept).toString()).toBe('Hello');
  });

  test('keeps to the window agreed, also where the memory for it is shared: what reaches farther is refused', () => {
    const block = createHash('shake256', { outputLength: 3000 }).update('block').digest();
    const plain = Buffer.concat(Array<Buffer>(200).fill(block));
    const sent = deflateRawSync(plain, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    for (const clientNoContextTakeover of [true, false]) {
      for (const clientMaxWindowBits of [9, 15, 9]) {
        const { inflater } = open({ clientNoContextTakeover, clientMaxWindowBits });
        if (clientMaxWindowBits === 15) expect(inflater.inflate(sent, MAX, kept).equals(plain)).toBe(true);
        else expect(() => inflater.inflate(sent, MAX, kept)).toThrow(expect.objectContaining({ code: 1007 }));
      }
    }
  });

  test('remembers nothing once closed, and nothing is to be closed before there was a message', () => {
    const { inflater } = open();
    inflater.close();
    inflater.inflate(hex`f248cdc9c90700`, MAX, kept);
    inflater.close();
    expect(() => inflater.inflate(hex`f200110000`, MAX, kept)).toThrow(expect.objectContaining({ code: 1007 }));
  });

  test('remembers nothing where the client said that it starts afresh', () => {
    const { inflater } = open({ clientNoContextTakeover: true });
    inflater.inflate(hex`f248cdc9c90700`, MAX, kept);
    expect(() => inflater.inflate(hex`f200110000`, MAX, kept)).toThrow(expect.objectContaining({ code: 1007 }));
  });
});

describe('deflating', () => {
  test('gives what a peer can read, for all that may be agreed', () => {
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
        // The peer is this class again, its directions swapped; zlib's own inflater judges it in the next test.
        const peer = open({
          clientNoContextTakeover: mode.serverNoContextTakeover,
          clientMaxWindowBits: mode.serverMaxWindowBits,
        });
        for (const message of list) {
          const bytes = Buffer.from(message);
          const sent = ours.deflater.deflate(bytes, kept);
          expect(peer.inflater.inflate(sent, MAX, kept).equals(bytes)).toBe(true);
        }
        ours.deflater.close();
        peer.inflater.close();
      }),
      { numRuns: 100 },
    );
  });

  test('reaches back no farther than agreed', () => {
    const block = Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * n * 31 + (n >> 3)) & 0xff));
    const text = Buffer.concat(Array<Buffer>(20).fill(block));
    for (let bits = 9; bits <= 15; bits++) {
      const sent = open({ serverMaxWindowBits: bits }).deflater.deflate(text, kept);
      expect(farthest(sent)).toBeLessThanOrEqual(2 ** bits);
    }
    // And the text is one that makes it reach, if it may.
    expect(farthest(open().deflater.deflate(text, kept))).toBeGreaterThan(2 ** 11);
  });

  test('reaches back into earlier messages only where that was agreed', () => {
    const text = Buffer.from('a text that comes again and again, word for word');
    const keeping = open().deflater;
    expect(keeping.deflate(text, kept).length).toBeGreaterThan(keeping.deflate(text, kept).length);
    const fresh = open({ serverNoContextTakeover: true }).deflater;
    const first = fresh.deflate(text, kept);
    expect(fresh.deflate(text, kept)).toEqual(first);
    expect(inflateRawSync(first, { finishFlush: constants.Z_SYNC_FLUSH })).toEqual(text);
  });

  test('has 64 windows for all connections: the one longest unused serves whoever has none, and reaches as far as agreed', () => {
    const text = createHash('shake256', { outputLength: 300 }).update('text').digest();
    const far = Buffer.concat(
      Array<Buffer>(3).fill(createHash('shake256', { outputLength: 700 }).update('far').digest()),
    );
    const read = (data: Buffer) => inflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH });
    const all = Array.from({ length: 64 }, () => open().deflater);
    const remembers = (deflater?: Deflater) => Number(deflater?.deflate(text, kept).length) < text.length;
    expect(all.some(remembers)).toBe(false);
    expect(all.every(remembers)).toBe(true);
    // From the second on they are now the longest unused.
    expect(remembers(all[0])).toBe(true);
    const another = open().deflater;
    expect(read(another.deflate(text, kept))).toEqual(text);
    expect(remembers(all[1])).toBe(false);
    const narrow = open({ serverMaxWindowBits: 9 }).deflater;
    expect(farthest(narrow.deflate(far, kept))).toBeLessThanOrEqual(512);
    expect([another, all[1], ...all.slice(4), all[0]].every(remembers)).toBe(true);
    expect(remembers(all[3])).toBe(false);
    for (const deflater of [...all, another, narrow]) deflater.close();
    expect(all.some(remembers)).toBe(false);
    for (const deflater of all) deflater.close();
  });

  test('spends more on the least window, with which zlib makes little of level 1', () => {
    const words = ['the', 'then', 'there', 'these', 'theory', 'other', 'another'];
    const text = Buffer.from(Array.from({ length: 6000 }, (_, n) => words[(n * n * 31 + (n >> 3)) % 7]).join(' '));
    const size = (serverMaxWindowBits: number, level: number, serverNoContextTakeover: boolean) => {
      const { deflater } = openDeflate({ ...AGREED, serverMaxWindowBits, serverNoContextTakeover }, level);
      const { length } = deflater.deflate(text, kept);
      deflater.close();
      return length;
    };
    for (const fresh of [false, true]) {
      expect(size(9, 1, fresh)).toBe(size(9, 4, fresh));
      expect(size(9, 9, fresh)).toBeLessThan(size(9, 4, fresh));
      expect(size(15, 4, fresh)).toBeLessThan(size(15, 1, fresh));
    }
  });

  test('writes an empty message as RFC 7692 section 7.2.3.6 does, again and again', () => {
    const { deflater } = open();
    for (let n = 0; n < 3; n++) expect(deflater.deflate(Buffer.alloc(0), kept)).toEqual(hex`00`);
    expect(deflater.deflate(Buffer.from('x'), kept).length).toBeGreaterThan(1);
  });

  test('lends what it made, of any size; what was inflated may be deflated, and looked at afterwards', () => {
    const { inflater, deflater } = open({ serverNoContextTakeover: true, clientNoContextTakeover: true });
    // Does not shrink, so what is deflated needs more than there is room for at first.
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

  test('come in any cut and any fragments, mixed with others', () => {
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

  test('must be UTF-8 when inflated, and no more than the limit', () => {
    const bad = deflateRawSync(hex`eda080`, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    expect(feed(protocol(), [frame(0xc1, bad)])).toEqual(['close 1007', 'end by 8.1']);
    const bomb = deflateRawSync(Buffer.alloc(1001), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    expect(feed(protocol(), [frame(0xc2, bomb)])).toEqual(['close 1009', 'end by 7.4.1']);
    expect(feed(protocol(), [frame(0xc2, hex`ff`)])).toEqual(['close 1007', 'end by 7692 7.2.2']);
  });

  test('have RSV1 on their first frame only', () => {
    expect(feed(protocol(), [frame(0x41, hex`f248`), frame(0xc0, hex`00`)])).toEqual(['close 1002', 'end by 7692 6.1']);
    expect(feed(protocol(), [frame(0xc9)])).toEqual(['close 1002', 'end by 7692 6.1']);
  });

  test('go as they are while the like of them did not shrink, and compressed again once it does (7692 §6)', () => {
    const one = protocol();
    const noise = createHash('shake256', { outputLength: 2000 }).update('noise').digest();
    const sent = (bytes: Buffer) => {
      one.send('binary', bytes);
      return Buffer.concat(one.take());
    };
    expect(sent(noise)[0]).toBe(0xc2);
    expect(sent(noise)).toEqual(Buffer.concat([hex`827e07d0`, noise]));
    expect(sent(Buffer.alloc(2000))[0]).toBe(0xc2);
    expect(sent(noise)[0]).toBe(0xc2);
  });

  test('are sent with RSV1, small ones as they are', () => {
    const one = protocol();
    one.send('text', Buffer.from('Hello'));
    one.send('binary', Buffer.from('Hi'));
    expect(Buffer.concat(one.take()).toString('hex')).toBe('c107f248cdc9c90700' + '82024869');
    expect(OP.binary).toBe(2);
    one.dispose();
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isBorrowed } from '../memory/borrowed-memory.ts';
import { acquireLargeBuffer, largeBufferOf } from '../memory/large-buffers.ts';
import { incompleteBytes, PayloadAssembler } from './payload-assembler.ts';

const KIB = 1024;

test('pieces come out as one, again and again', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.uint8Array({ maxLength: 900 }))), (rounds) => {
      const gather = new PayloadAssembler();
      for (const pieces of rounds) {
        for (const piece of pieces) gather.add(Buffer.from(piece));
        const all = Buffer.concat(pieces);
        expect(gather.length).toBe(all.length);
        expect(gather.finish((bytes) => bytes.equals(all))).toBe(true);
        expect(gather.length).toBe(0);
      }
    }),
  );
});

test('131,000 pieces of one octet keep no more than twice their size', () => {
  const gather = new PayloadAssembler();
  const held = incompleteBytes();
  gather.expectLength(131_000);
  for (let n = 0; n < 131_000; n++) gather.add(Buffer.from([n & 0xff]));
  expect(incompleteBytes() - held).toBeLessThanOrEqual(131_000);
  gather.discard();
});

test('nothing of it is held afterwards, even where looking at it fails', () => {
  const gather = new PayloadAssembler();
  const held = incompleteBytes();
  for (const fails of [false, true]) {
    const pieces = [Buffer.alloc(70_000, 'a'), Buffer.alloc(70_000, 'b')];
    for (const piece of pieces) gather.add(piece);
    const look = (all: Buffer) => {
      expect(all.equals(Buffer.concat(pieces))).toBe(true);
      if (fails) throw new Error('not what it says');
      return 'seen';
    };
    if (fails) expect(() => gather.finish(look)).toThrow('not what it says');
    else expect(gather.finish(look)).toBe('seen');
    expect([gather.length, incompleteBytes()]).toEqual([0, held]);
  }
});

describe('what is looked at', () => {
  const lent = (bytes: number, promised?: number) => {
    const gather = new PayloadAssembler();
    if (promised !== undefined) gather.expectLength(promised, true);
    gather.add(Buffer.alloc(bytes, 'a'));
    return gather.finish((all) => {
      expect(all.equals(Buffer.alloc(bytes, 'a'))).toBe(true);
      return isBorrowed(all);
    });
  };

  test.each([
    [16 * KIB, undefined, false],
    [16 * KIB + 1, undefined, true],
    [16 * KIB + 1, 64 * KIB, false],
    [64 * KIB, 64 * KIB, false],
    [10, 64 * KIB, false],
    [10, 64 * KIB + 1, true],
  ])('%i octets, of %s promised: lent %s', (bytes, promised, expected) => {
    expect(lent(bytes, promised)).toBe(expected);
  });
});

test('who has many octets promised takes a room that is large already, and who has not takes a small one', () => {
  const rooms = [100_000, 1_000_000].map((bytes) => {
    const room = acquireLargeBuffer(bytes);
    room.grow(bytes);
    return room;
  });
  for (const room of rooms) room.release();
  const size = (expect: (gather: PayloadAssembler) => void) => {
    const gather = new PayloadAssembler();
    expect(gather);
    gather.add(Buffer.alloc(20_000));
    return gather.finish((bytes) => largeBufferOf(bytes)?.capacity);
  };
  expect(size((gather) => gather.expectLength(1_000_000, true))).toBe(1_000_000);
  expect(size((gather) => gather.expectLength(1_000_000))).toBeLessThan(200_000);
});

test('what is lent stays as long as somebody else holds it', () => {
  const gather = new PayloadAssembler();
  gather.add(Buffer.alloc(100_000, 'a'));
  const all = gather.finish((bytes) => {
    largeBufferOf(bytes)?.retain();
    return bytes;
  });
  gather.add(Buffer.alloc(100_000, 'b'));
  gather.discard();
  expect(all.equals(Buffer.alloc(100_000, 'a'))).toBe(true);
  const room = largeBufferOf(all);
  room?.release();
  const kept = [acquireLargeBuffer(100_000), acquireLargeBuffer(100_000)];
  expect(kept.some((again) => again === room)).toBe(true);
  for (const again of kept) again.release();
});

test('what a message that is dropped took is free at once', () => {
  const gather = new PayloadAssembler();
  const held = incompleteBytes();
  const next = () => {
    gather.add(Buffer.alloc(70_000));
    expect(incompleteBytes()).toBe(held + 70_000);
    return gather.finish(largeBufferOf);
  };
  const room = next();
  gather.add(Buffer.alloc(100_000));
  gather.discard();
  expect(incompleteBytes()).toBe(held);
  expect(next() === room).toBe(true);
});

test('what is dropped is held no more', () => {
  const gather = new PayloadAssembler();
  const held = incompleteBytes();
  gather.add(Buffer.alloc(100_000));
  expect(incompleteBytes()).toBeGreaterThanOrEqual(held + 100_000);
  gather.discard();
  expect([gather.length, incompleteBytes()]).toEqual([0, held]);
});

/** What one `Gather` has made room for, in this process. */
function heldBy(work: (gather: PayloadAssembler) => void): number {
  const before = incompleteBytes();
  const gather = new PayloadAssembler();
  work(gather);
  const room = incompleteBytes() - before;
  gather.discard();
  expect(incompleteBytes()).toBe(before);
  return room;
}

test('room grows by doubling, from 256 octets to what may come, and is given back when it is let go of', () => {
  const pieces = (count: number, bytes: number) => (gather: PayloadAssembler) => {
    for (let n = 0; n < count; n++) gather.add(Buffer.alloc(bytes));
  };
  expect(heldBy(pieces(0, 0))).toBe(0);
  expect(heldBy(pieces(1, 1))).toBe(256);
  expect(heldBy(pieces(2, 128))).toBe(256);
  expect(heldBy(pieces(257, 1))).toBe(512);
  expect(heldBy(pieces(2, 300))).toBe(600);
  expect(heldBy(pieces(3, 300))).toBe(1200);
  expect(heldBy((gather) => [gather.expectLength(1000), pieces(3, 300)(gather)])).toBe(1000);
  expect(heldBy((gather) => [gather.expectLength(10_000), pieces(3, 300)(gather)])).toBe(1200);
});

test('a promised length is believed, up to 64 KiB', () => {
  const promised = (bytes: number) => (gather: PayloadAssembler) => {
    gather.expectLength(bytes, true);
    gather.add(Buffer.alloc(1));
  };
  expect(heldBy(promised(10))).toBe(10);
  expect(heldBy(promised(60_000))).toBe(60_000);
  expect(heldBy(promised(1_000_000_000))).toBe(65_536);
});

test('all together hold what they may, inclusive, and 1008 refuses one octet more (RFC 6455 §10.4)', () => {
  const limit = incompleteBytes() + 1000;
  const [one, two] = [new PayloadAssembler(limit), new PayloadAssembler(limit)];
  one.add(Buffer.alloc(400));
  two.add(Buffer.alloc(600));
  const refused = expect.objectContaining({
    code: 1008,
    section: '10.4',
    message: expect.stringContaining('unfinished'),
  });
  expect(() => one.add(Buffer.alloc(1))).toThrow(refused);
  expect([one.length, two.length, incompleteBytes()]).toEqual([400, 600, limit]);
  two.discard();
  // Only what it grows by counts, not its room a second time.
  one.add(Buffer.alloc(600));
  expect(one.finish(({ length }) => length)).toBe(1000);
  expect(incompleteBytes()).toBe(limit - 1000);
});

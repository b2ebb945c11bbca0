import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Gather, heldBytes } from './gather.ts';

test('pieces come out as one, again and again', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.uint8Array({ maxLength: 900 }))), (rounds) => {
      const gather = new Gather();
      for (const pieces of rounds) {
        for (const piece of pieces) gather.add(Buffer.from(piece));
        const all = Buffer.concat(pieces);
        expect(gather.length).toBe(all.length);
        expect(gather.take().equals(all)).toBe(true);
        expect(gather.length).toBe(0);
      }
    }),
  );
});

test('131,000 pieces of one octet keep no more than twice their size', () => {
  const gather = new Gather();
  gather.expect(131_000);
  for (let n = 0; n < 131_000; n++) gather.add(Buffer.from([n & 0xff]));
  expect(gather.take().buffer.byteLength).toBeLessThanOrEqual(131_000);
});

test('what is only lent is lent whole, and nothing of it is held afterwards, even where looking at it fails', () => {
  const gather = new Gather();
  const held = heldBytes();
  for (const fails of [false, true]) {
    const pieces = [Buffer.alloc(70_000, 'a'), Buffer.alloc(70_000, 'b')];
    for (const piece of pieces) gather.add(piece);
    const look = (all: Buffer) => {
      expect(all.equals(Buffer.concat(pieces))).toBe(true);
      if (fails) throw new Error('not what it says');
      return 'seen';
    };
    if (fails) expect(() => gather.lend(look)).toThrow('not what it says');
    else expect(gather.lend(look)).toBe('seen');
    expect([gather.length, heldBytes()]).toEqual([0, held]);
  }
});

test('memory that was lent serves the next large message', () => {
  const lent = () => {
    const gather = new Gather();
    gather.add(Buffer.alloc(1_000_000));
    return gather.lend(({ buffer }) => buffer);
  };
  expect(lent()).toBe(lent());
});

test('what is dropped is held no more', () => {
  const gather = new Gather();
  const held = heldBytes();
  gather.add(Buffer.alloc(100_000));
  expect(heldBytes()).toBeGreaterThanOrEqual(held + 100_000);
  gather.drop();
  expect([gather.length, heldBytes()]).toEqual([0, held]);
});

/** What one `Gather` has made room for, in this process. */
function roomOf(work: (gather: Gather) => void): number {
  const before = heldBytes();
  const gather = new Gather();
  work(gather);
  const room = heldBytes() - before;
  gather.take();
  expect(heldBytes()).toBe(before);
  return room;
}

test('room grows by doubling, from 256 octets to what may come, and is given back when it is taken', () => {
  const pieces = (count: number, bytes: number) => (gather: Gather) => {
    for (let n = 0; n < count; n++) gather.add(Buffer.alloc(bytes));
  };
  expect(roomOf(pieces(0, 0))).toBe(0);
  expect(roomOf(pieces(1, 1))).toBe(256);
  expect(roomOf(pieces(2, 128))).toBe(256);
  expect(roomOf(pieces(257, 1))).toBe(512);
  expect(roomOf(pieces(2, 300))).toBe(600);
  expect(roomOf(pieces(3, 300))).toBe(1200);
  expect(roomOf((gather) => [gather.expect(1000), pieces(3, 300)(gather)])).toBe(1000);
  expect(roomOf((gather) => [gather.expect(10_000), pieces(3, 300)(gather)])).toBe(1200);
});

test('a promised length is believed, up to 64 KiB', () => {
  const promised = (bytes: number) => (gather: Gather) => {
    gather.expect(bytes, true);
    gather.add(Buffer.alloc(1));
  };
  expect(roomOf(promised(10))).toBe(10);
  expect(roomOf(promised(60_000))).toBe(60_000);
  expect(roomOf(promised(1_000_000_000))).toBe(65_536);
});

test('all together hold what they may, inclusive, and 1008 refuses one octet more (RFC 6455 §10.4)', () => {
  const limit = heldBytes() + 1000;
  const [one, two] = [new Gather(limit), new Gather(limit)];
  one.add(Buffer.alloc(400));
  two.add(Buffer.alloc(600));
  const refused = expect.objectContaining({
    code: 1008,
    section: '10.4',
    message: expect.stringContaining('unfinished'),
  });
  expect(() => one.add(Buffer.alloc(1))).toThrow(refused);
  expect([one.length, two.length, heldBytes()]).toEqual([400, 600, limit]);
  two.take();
  // Only what it grows by counts, not its room a second time.
  one.add(Buffer.alloc(600));
  expect(one.take()).toHaveLength(1000);
  expect(heldBytes()).toBe(limit - 1000);
});

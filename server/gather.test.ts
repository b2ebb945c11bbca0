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

test('what is dropped is held no more', () => {
  const gather = new Gather();
  const held = heldBytes();
  gather.add(Buffer.alloc(100_000));
  expect(heldBytes()).toBeGreaterThanOrEqual(held + 100_000);
  gather.drop();
  expect([gather.length, heldBytes()]).toEqual([0, held]);
});

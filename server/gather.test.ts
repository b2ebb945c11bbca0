import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Gather } from './gather.ts';

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

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unmask } from './mask.ts';

test('every octet meets the octet of the key that is its own, wherever it lies and whatever came before', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 600 }),
      fc.nat(9),
      fc.integer(),
      fc.nat(1000),
      (payload, lead, mask, phase) => {
        const key = Buffer.alloc(4);
        key.writeInt32BE(mask);
        const room = Buffer.concat([Buffer.alloc(lead, 0xaa), payload, Buffer.alloc(5, 0xaa)]);
        unmask(room, lead, lead + payload.length, mask, phase);
        const expected = payload.map((octet, at) => octet ^ (key[(at + phase) & 3] ?? 0));
        expect(room.subarray(lead, lead + payload.length).equals(expected)).toBe(true);
        // Its neighbours are somebody else's.
        expect(room.subarray(0, lead).every((octet) => octet === 0xaa)).toBe(true);
        expect(room.subarray(lead + payload.length).every((octet) => octet === 0xaa)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

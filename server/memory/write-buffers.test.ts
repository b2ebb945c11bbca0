import { expect, test } from 'vitest';
import { giveBack, keepFromSharing, type Slab, sharedSlab } from './write-buffers.ts';

/** Takes what is shared now out of circulation. */
function take(): Slab {
  const slab = sharedSlab();
  keepFromSharing([slab.bytes.subarray(7, 9)]);
  return slab;
}

test('memory is shared until a piece of it is kept, and comes back when it is given back', () => {
  const slab = sharedSlab();
  expect(sharedSlab()).toBe(slab);
  expect(keepFromSharing([Buffer.alloc(4)])).toBeUndefined();
  expect(sharedSlab()).toBe(slab);
  expect(keepFromSharing([Buffer.alloc(4), slab.bytes.subarray(1, 2)])).toBe(slab);
  expect(keepFromSharing([slab.bytes])).toBeUndefined();
  giveBack(slab);
  expect(take()).toBe(slab);
});

test('of many that come back, sixteen are kept', () => {
  const many = Array.from({ length: 40 }, take);
  for (const slab of many) giveBack(slab);
  const again = new Set(Array.from({ length: 40 }, take));
  expect(many.filter((slab) => again.has(slab))).toHaveLength(16);
});

import { expect, test } from 'vitest';
import { releaseWriteBuffer, sharedWriteBuffer, type WriteBuffer, withdrawFromSharing } from './write-buffers.ts';

/** Takes what is shared now out of circulation. */
function take(): WriteBuffer {
  const slab = sharedWriteBuffer();
  withdrawFromSharing([slab.bytes.subarray(7, 9)]);
  return slab;
}

test('memory is shared until a piece of it is kept, and comes back when it is given back', () => {
  const slab = sharedWriteBuffer();
  expect(sharedWriteBuffer()).toBe(slab);
  expect(withdrawFromSharing([Buffer.alloc(4)])).toBeUndefined();
  expect(sharedWriteBuffer()).toBe(slab);
  expect(withdrawFromSharing([Buffer.alloc(4), slab.bytes.subarray(1, 2)])).toBe(slab);
  expect(withdrawFromSharing([slab.bytes])).toBeUndefined();
  releaseWriteBuffer(slab);
  expect(take()).toBe(slab);
});

test('of many that come back, sixteen are kept', () => {
  const many = Array.from({ length: 40 }, take);
  for (const slab of many) releaseWriteBuffer(slab);
  const again = new Set(Array.from({ length: 40 }, take));
  expect(many.filter((slab) => again.has(slab))).toHaveLength(16);
});

import { expect, test } from 'vitest';
import { releaseWriteBuffer, sharedWriteBuffer, type WriteBuffer, withdrawFromSharing } from './write-buffers.ts';

/** Takes the current shared write buffer out of use: the next caller gets another buffer. */
function withdraw(): WriteBuffer {
  const buffer = sharedWriteBuffer();
  withdrawFromSharing([buffer.bytes.subarray(7, 9)]);
  return buffer;
}

test('the write buffer is shared until a piece of it is withdrawn, and is reused after its release', () => {
  const buffer = sharedWriteBuffer();
  expect(sharedWriteBuffer()).toBe(buffer);
  expect(withdrawFromSharing([Buffer.alloc(4)])).toBeUndefined();
  expect(sharedWriteBuffer()).toBe(buffer);
  expect(withdrawFromSharing([Buffer.alloc(4), buffer.bytes.subarray(1, 2)])).toBe(buffer);
  expect(withdrawFromSharing([buffer.bytes])).toBeUndefined();
  releaseWriteBuffer(buffer);
  expect(withdraw()).toBe(buffer);
});

test('the pool keeps 16 released write buffers', () => {
  const buffers = Array.from({ length: 40 }, withdraw);
  for (const buffer of buffers) releaseWriteBuffer(buffer);
  const reused = new Set(Array.from({ length: 40 }, withdraw));
  expect(buffers.filter((buffer) => reused.has(buffer))).toHaveLength(16);
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LargeBuffer } from './large-buffers.ts';

const MIB = 1024 * 1024;

/** The tested module is loaded again for each test, because a test must not see the unused buffers of another test. */
let { releaseLargeBuffers, largeBufferOf, acquireLargeBuffer }: typeof import('./large-buffers.ts') = await import(
  './large-buffers.ts'
);
let { isBorrowed }: typeof import('./borrowed-memory.ts') = await import('./borrowed-memory.ts');

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.resetModules();
  ({ isBorrowed } = await import('./borrowed-memory.ts'));
  ({ releaseLargeBuffers, largeBufferOf, acquireLargeBuffer } = await import('./large-buffers.ts'));
});
afterEach(() => {
  vi.useRealTimers();
});

function grown(bytes: number): LargeBuffer {
  const largeBuffer = acquireLargeBuffer(bytes);
  largeBuffer.grow(bytes);
  return largeBuffer;
}

test('a large buffer grows in place and keeps its content at the front', () => {
  const largeBuffer = grown(100_000);
  const { bytes } = largeBuffer;
  bytes.fill('a');
  largeBuffer.grow(16 * MIB);
  expect(largeBuffer.bytes.buffer === bytes.buffer).toBe(true);
  expect(largeBuffer.bytes.length).toBe(16 * MIB);
  expect(largeBuffer.bytes.subarray(0, 100_000).equals(Buffer.alloc(100_000, 'a'))).toBe(true);
  largeBuffer.release();
});

test('a large buffer that outgrows its address space moves its content and frees the old memory', () => {
  const largeBuffer = grown(64 * MIB);
  const { bytes } = largeBuffer;
  bytes.fill('a');
  largeBuffer.grow(64 * MIB + 1);
  expect(bytes.length).toBe(0);
  expect(largeBuffer.bytes.length).toBe(64 * MIB + 1);
  expect(largeBuffer.bytes.subarray(0, 64 * MIB).equals(Buffer.alloc(64 * MIB, 'a'))).toBe(true);
  expect(largeBufferOf(largeBuffer.bytes) === largeBuffer).toBe(true);
  // A buffer that has to move gets several times the address space that it needs, so that it can grow without a move later.
  const { buffer } = largeBuffer.bytes;
  largeBuffer.grow(200 * MIB);
  expect(largeBuffer.bytes.buffer === buffer).toBe(true);
  largeBuffer.release();
});

test('a large buffer returns to the pool when the last reference is dropped', () => {
  const largeBuffer = grown(100_000);
  for (let round = 0; round < 2; round++) {
    largeBuffer.retain();
    largeBuffer.release();
    const other = acquireLargeBuffer(0);
    expect(other === largeBuffer).toBe(false);
    largeBuffer.release();
    const next = acquireLargeBuffer(0);
    expect(next === largeBuffer).toBe(true);
    expect(next.bytes).toHaveLength(0);
    other.release();
  }
  largeBuffer.release();
});

test('released memory is reused at once, and is freed after one second without a release', () => {
  const largeBuffer = grown(MIB);
  const { bytes } = largeBuffer;
  largeBuffer.release();
  vi.advanceTimersByTime(999);
  expect(bytes.length).toBe(MIB);
  const next = grown(100_000);
  expect(next.bytes.buffer === bytes.buffer).toBe(true);
  expect(next.bytes).toHaveLength(100_000);
  next.release();
  vi.advanceTimersByTime(999);
  expect(bytes.length).toBe(MIB);
  vi.advanceTimersByTime(1);
  expect(bytes.length).toBe(0);
});

test('memory with a reference is not freed', () => {
  const [largeBuffer, other] = [grown(100_000), grown(100_000)];
  const { bytes } = largeBuffer;
  bytes.fill('a');
  other.release();
  vi.advanceTimersByTime(1_000);
  expect(bytes.equals(Buffer.alloc(100_000, 'a'))).toBe(true);
  largeBuffer.release();
});

/**
 * Acquires two large buffers of the given sizes, and then releases both.
 *
 * @returns the sizes of their memory afterwards; 0 means freed.
 */
function sizesAfterRelease(first: number, second: number): number[] {
  const both = [grown(first), grown(second)];
  const views = both.map(({ bytes }) => bytes);
  for (const largeBuffer of both) largeBuffer.release();
  return views.map(({ length }) => length);
}

test('the pool keeps at most 32 MiB of memory, whatever was used before', () => {
  for (let round = 0; round < 3; round++) {
    expect(sizesAfterRelease(20 * MIB, 12 * MIB)).toEqual([20 * MIB, 12 * MIB]);
    expect(sizesAfterRelease(20 * MIB, 12 * MIB + 1)).toEqual([20 * MIB, 0]);
    // Use an unused buffer for less data than it can hold. Then make another one need more than its address space.
    const small = grown(10);
    small.grow(MIB);
    small.release();
    const large = grown(65 * MIB);
    large.release();
    expect(large.bytes.length).toBe(0);
    vi.advanceTimersByTime(1_000);
  }
});

test('the unused capacity of a buffer in use counts as idle memory too', () => {
  const large = grown(20 * MIB);
  large.release();
  const small = grown(MIB);
  expect(small === large).toBe(true);
  const other = grown(14 * MIB);
  const { bytes } = other;
  expect(bytes.length).toBe(14 * MIB);
  other.release();
  expect(bytes.length).toBe(0);
  small.grow(20 * MIB);
  const third = grown(14 * MIB);
  const thirdBytes = third.bytes;
  third.release();
  expect(thirdBytes.length).toBe(14 * MIB);
  small.release();
});

test('acquire takes the smallest pooled buffer that is large enough, or the largest one', () => {
  const sizes = [3, 9, 1, 5, 7].map((mib) => mib * MIB);
  const largeBuffers = sizes.map(grown);
  const releaseAll = () => {
    for (const largeBuffer of largeBuffers) largeBuffer.release();
  };
  const acquiredMiB = (bytes: number[]) =>
    bytes.map((needed) => {
      const largeBuffer = acquireLargeBuffer(needed);
      return largeBuffer.capacity / MIB;
    });
  releaseAll();
  expect(acquiredMiB([4 * MIB, 7 * MIB, 0, 4 * MIB, 4 * MIB])).toEqual([5, 7, 1, 9, 3]);
  releaseAll();
  expect(acquiredMiB([9 * MIB + 1, 8 * MIB, 5 * MIB, 5 * MIB + 1, MIB + 1])).toEqual([9, 7, 5, 3, 1]);
  releaseAll();
});

test('the pool keeps 64 buffers; further buffers are dropped and their memory is freed at once', () => {
  const largeBuffers = Array.from({ length: 70 }, () => grown(100_000));
  const views = largeBuffers.map(({ bytes }) => bytes);
  for (const largeBuffer of largeBuffers) largeBuffer.release();
  expect(views.map(({ length }) => length)).toEqual(largeBuffers.map((_, n) => (n < 64 ? 100_000 : 0)));
  const reacquired = largeBuffers.map(() => acquireLargeBuffer(0));
  expect(largeBuffers.map((largeBuffer) => reacquired.includes(largeBuffer))).toEqual(
    largeBuffers.map((_, n) => n < 64),
  );
  for (const largeBuffer of reacquired) largeBuffer.release();
});

test('more than 8,192 buffers in use are plain memory, which can grow and is garbage collected', () => {
  const grows = (largeBuffer: LargeBuffer) => {
    largeBuffer.grow(100_000);
    return (largeBuffer.bytes.buffer as ArrayBuffer).resizable;
  };
  const largeBuffers = Array.from({ length: 8_191 }, () => acquireLargeBuffer(0));
  for (let round = 0; round < 2; round++) {
    const last = acquireLargeBuffer(0);
    expect(grows(last)).toBe(true);
    const plain = acquireLargeBuffer(0);
    expect(grows(plain)).toBe(false);
    const { bytes } = plain;
    expect([largeBufferOf(bytes) === plain, isBorrowed(bytes)]).toEqual([true, true]);
    bytes.fill('a');
    plain.grow(200_000);
    expect(plain.bytes.equals(Buffer.concat([Buffer.alloc(100_000, 'a')], 200_000))).toBe(true);
    plain.release();
    const next = acquireLargeBuffer(200_000);
    expect(next === plain).toBe(false);
    for (const largeBuffer of [next, last, ...largeBuffers]) largeBuffer.release();
    // The pool keeps only 64 unused buffers, so most of the buffers acquired next are new.
    largeBuffers.splice(0, largeBuffers.length, ...largeBuffers.map(() => acquireLargeBuffer(0)));
    expect(largeBuffers.every(grows)).toBe(true);
  }
  for (const largeBuffer of largeBuffers) largeBuffer.release();
});

test('a view of a large buffer is recognised and counts as borrowed', () => {
  const largeBuffer = grown(100_000);
  expect(largeBufferOf(largeBuffer.bytes.subarray(5, 10)) === largeBuffer).toBe(true);
  expect(isBorrowed(largeBuffer.bytes)).toBe(true);
  expect(largeBufferOf(Buffer.alloc(10))).toBeUndefined();
  largeBuffer.release();
});

test('releaseLargeBuffers drops one reference per piece that is a view of a large buffer', () => {
  const largeBuffer = grown(100_000);
  largeBuffer.retain();
  const { bytes } = largeBuffer;
  releaseLargeBuffers([bytes.subarray(0, 10), Buffer.alloc(10), bytes.subarray(10)]);
  expect(acquireLargeBuffer(0) === largeBuffer).toBe(true);
  largeBuffer.release();
});

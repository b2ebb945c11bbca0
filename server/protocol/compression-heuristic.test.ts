import { expect, test } from 'vitest';
import { CompressionHeuristic } from './compression-heuristic.ts';

/** Which of `count` messages of `bytes` octets are compressed, when all that are keep `share` of their octets. */
function tried(shrinkage: CompressionHeuristic, count: number, bytes: number, share: number): number[] {
  return Array.from({ length: count }, (_, i) => i).filter(() => {
    if (!shrinkage.shouldCompress(bytes)) return false;
    shrinkage.record(bytes, Math.ceil(bytes * share));
    return true;
  });
}

test('what shrinks is compressed, every message of it', () => {
  expect(tried(new CompressionHeuristic(), 100, 4096, 0.9)).toHaveLength(100);
});

test('what does not shrink is tried ever more rarely, and at least each 65th time', () => {
  expect(tried(new CompressionHeuristic(), 400, 4096, 1.01)).toEqual([
    0, 2, 5, 10, 19, 36, 69, 134, 199, 264, 329, 394,
  ]);
});

test('one message that shrinks makes all that follow be compressed again', () => {
  const shrinkage = new CompressionHeuristic();
  tried(shrinkage, 400, 4096, 1.01);
  expect(tried(shrinkage, 100, 4096, 0.5)[0]).toBeLessThan(65);
  expect(tried(shrinkage, 100, 4096, 0.5)).toHaveLength(100);
});

test('small messages are always compressed, and say nothing about large ones', () => {
  const shrinkage = new CompressionHeuristic();
  expect(tried(shrinkage, 100, 1023, 1.2)).toHaveLength(100);
  expect(shrinkage.shouldCompress(1024)).toBe(true);
  shrinkage.record(1024, 1030);
  expect(shrinkage.shouldCompress(1023)).toBe(true);
  expect(shrinkage.shouldCompress(1024)).toBe(false);
});

test('a message that keeps exactly fifteen sixteenths of its octets was worth it, one octet more was not', () => {
  const shrinkage = new CompressionHeuristic();
  shrinkage.record(1600, 1500);
  expect(shrinkage.shouldCompress(1600)).toBe(true);
  shrinkage.record(1600, 1501);
  expect(shrinkage.shouldCompress(1600)).toBe(false);
});

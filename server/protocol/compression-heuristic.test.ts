import { expect, test } from 'vitest';
import { CompressionHeuristic } from './compression-heuristic.ts';

/** Sends `count` messages that compress to `ratio` of their size. @returns the indexes of the compressed messages. */
function compressedIndexes(heuristic: CompressionHeuristic, count: number, bytes: number, ratio: number): number[] {
  return Array.from({ length: count }, (_, i) => i).filter(() => {
    if (!heuristic.shouldCompress(bytes)) return false;
    heuristic.record(bytes, Math.ceil(bytes * ratio));
    return true;
  });
}

test('compresses every message if messages shrink', () => {
  expect(compressedIndexes(new CompressionHeuristic(), 100, 4096, 0.9)).toHaveLength(100);
});

test('compresses ever fewer messages if none shrinks, but at least every 65th one', () => {
  expect(compressedIndexes(new CompressionHeuristic(), 400, 4096, 1.01)).toEqual([
    0, 2, 5, 10, 19, 36, 69, 134, 199, 264, 329, 394,
  ]);
});

test('compresses all messages again after one message that shrinks', () => {
  const heuristic = new CompressionHeuristic();
  compressedIndexes(heuristic, 400, 4096, 1.01);
  expect(compressedIndexes(heuristic, 100, 4096, 0.5)[0]).toBeLessThan(65);
  expect(compressedIndexes(heuristic, 100, 4096, 0.5)).toHaveLength(100);
});

test('always compresses small messages, and ignores them in its decisions', () => {
  const heuristic = new CompressionHeuristic();
  expect(compressedIndexes(heuristic, 100, 1023, 1.2)).toHaveLength(100);
  expect(heuristic.shouldCompress(1024)).toBe(true);
  heuristic.record(1024, 1030);
  expect(heuristic.shouldCompress(1023)).toBe(true);
  expect(heuristic.shouldCompress(1024)).toBe(false);
});

test('counts a message as shrunk if it keeps at most 15/16 of its bytes, and not with one byte more', () => {
  const heuristic = new CompressionHeuristic();
  heuristic.record(1600, 1500);
  expect(heuristic.shouldCompress(1600)).toBe(true);
  heuristic.record(1600, 1501);
  expect(heuristic.shouldCompress(1600)).toBe(false);
});

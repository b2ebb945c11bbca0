import { expect, test } from 'vitest';
import { SlowFrameDetector } from './slow-frame-detector.ts';

/** What is told at each look, after so many octets, in the middle of a frame or not. */
function looks(...since: [bytes: number, inFrame: boolean][]): boolean[] {
  const trickle = new SlowFrameDetector();
  return since.map(([bytes, inFrame]) => {
    trickle.addBytes(bytes);
    return trickle.isSlow(inFrame);
  });
}

test('less than 1 KiB of a frame at two looks running is dawdling', () => {
  expect(looks([1023, true], [1023, true], [1023, true])).toEqual([false, true, true]);
});

test('1 KiB since the last look is enough', () => {
  expect(looks([10, true], [1024, true], [10, true], [1024, true])).toEqual([false, false, false, false]);
});

test('between frames a peer may take its time', () => {
  expect(looks([10, true], [10, false], [10, true], [10, false])).toEqual([false, false, false, false]);
});

import { expect, test } from 'vitest';
import { SlowFrameDetector } from './slow-frame-detector.ts';

/**
 * Runs several checks. Each of `steps` says how many bytes arrive before the check.
 *
 * @returns the result of each check.
 */
function checks(...steps: [bytes: number, inFrame: boolean][]): boolean[] {
  const detector = new SlowFrameDetector();
  return steps.map(([bytes, inFrame]) => {
    detector.addBytes(bytes);
    return detector.isSlow(inFrame);
  });
}

test('a peer is slow if less than 1 KiB of a frame arrives before two checks in a row', () => {
  expect(checks([1023, true], [1023, true], [1023, true])).toEqual([false, true, true]);
});

test('a peer that sent 1 KiB since the last check is not slow', () => {
  expect(checks([10, true], [1024, true], [10, true], [1024, true])).toEqual([false, false, false, false]);
});

test('a peer is never slow between frames', () => {
  expect(checks([10, true], [10, false], [10, true], [10, false])).toEqual([false, false, false, false]);
});

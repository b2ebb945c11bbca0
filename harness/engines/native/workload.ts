import type { Case } from '../../suites/autobahn/cases/case.ts';

/**
 * Whether a case is "heavy": it keeps the engine and the server busy during its whole time. These are the cases that
 * are judged by the echoes of their messages.
 */
export const isHeavy = ({ criterion }: Case): boolean => criterion.by !== 'events';

/** Returns the sum of the waits in a case's script, in seconds. These waits do not depend on the server. */
export function plannedWait(testCase: Case): number {
  return testCase.script.reduce((sum, step) => sum + (step.step === 'wait' ? step.seconds : 0), 0);
}

/** Seconds after which a case ends by its own time limit; infinite if the case has no limit. */
export function timeLimit(testCase: Case): number {
  return testCase.script.reduce(
    (least, step) => (step.step === 'limit' ? Math.min(least, step.seconds) : least),
    Infinity,
  );
}

/**
 * Estimated work of a heavy case (much data or many messages): the bytes that it sends, plus 500 for each message.
 * Heavy cases are sorted and started by this number.
 */
export function workload({ criterion }: Case): number {
  switch (criterion.by) {
    case 'events':
      return 0;
    case 'size':
      return criterion.length;
    case 'round-trips':
      return criterion.count * (criterion.length + 500);
    case 'compressed round-trips':
      return criterion.count * (criterion.length + (criterion.fragment === 0 ? 0 : criterion.length / 4) + 500);
  }
}

/**
 * Whether a light case sends frames in pieces, one piece for each turn of the event loop. Other cases make such turns long,
 * so the pieces can take longer than the time limit of the case.
 */
export const isInPieces = (testCase: Case): boolean =>
  !isHeavy(testCase) && testCase.script.some((step) => step.step === 'frame' && step.chop !== undefined);

import type { Case } from '../../suites/autobahn/cases/case.ts';

/** Whether a case keeps the engine and the server busy during its whole time: one that is judged by its echoes. */
export const isHeavy = ({ judging }: Case): boolean => judging.by !== 'events';

/** Seconds that a case waits on purpose, whatever the server does. */
export function plannedWait(testCase: Case): number {
  return testCase.script.reduce((sum, step) => sum + (step.step === 'wait' ? step.seconds : 0), 0);
}

/** Estimated work of a heavy case: bytes that it sends, and 500 more for each message. For sorting only. */
export function workload({ judging }: Case): number {
  switch (judging.by) {
    case 'events':
      return 0;
    case 'size':
      return judging.length;
    case 'round-trips':
      return judging.count * (judging.length + 500);
    case 'compressed round-trips':
      return judging.count * (judging.length + (judging.fragment === 0 ? 0 : judging.length / 4) + 500);
  }
}

import type { SelfTest } from '../../plan/suite.ts';

/**
 * The self-test of the suite. The faulty server echoes any close code. Case 7.9.1 shows the fault in its grade. Case 7.13.1
 * shows the fault only in its facts, because both grades of this case are always INFORMATIONAL.
 */
export const selfTest: SelfTest = {
  server: 'fixtures/servers/closing/close-code-unchecked',
  cases: ['1.1.1', '7.7.1', '7.9.1', '7.13.1'],
  mustFail: ['7.9.1', '7.13.1'],
};

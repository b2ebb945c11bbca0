import type { SelfTest } from '../../plan/suite.ts';

/**
 * The self-test of the suite: a run against a server with a known fault shows that the engine finds the fault. This
 * server echoes any close code. The grade of case 7.9.1 shows the fault. Both grades of case 7.13.1 are always
 * INFORMATIONAL, so in this case only other fields of the result show the fault.
 */
export const selfTest: SelfTest = {
  server: 'fixtures/servers/closing/close-code-unchecked',
  cases: ['1.1.1', '7.7.1', '7.9.1', '7.13.1'],
  mustFail: ['7.9.1', '7.13.1'],
};

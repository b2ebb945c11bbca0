import type { SelfTest } from '../../plan/suite.ts';

/**
 * A server that sends back any close code. Case 7.9.1 shows the fault by its grade, and 7.13.1 by the facts alone, because
 * both of its grades are always INFORMATIONAL.
 */
export const selfTest: SelfTest = {
  server: 'fixtures/servers/closing/close-code-unchecked',
  cases: ['1.1.1', '7.7.1', '7.9.1', '7.13.1'],
  mustFail: ['7.9.1', '7.13.1'],
};

import { describe, expect, it } from 'vitest';
import { reportFile } from './record.ts';

describe('a case file', () => {
  it('has the name that Autobahn gives it', () => {
    expect(reportFile('AutobahnPython/0.10.9', '7.1.6')).toBe('autobahnpython_0_10_9_case_7_1_6.json');
    expect(reportFile(' websock server ', '1.1.1')).toBe('websock_server_case_1_1_1.json');
    expect(reportFile('C  c', '2.10')).toBe('c__c_case_2_10.json');
  });
});

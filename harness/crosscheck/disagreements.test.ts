import { expect, test } from 'vitest';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import { findDisagreements } from './disagreements.ts';
import { recordedCase, recordedCases } from './testing.ts';

const disagreementsAt = (id: string, change: Partial<RecordedCase>) =>
  findDisagreements(recordedCase(id), { ...recordedCase(id), ...change }).map((disagreement) => disagreement.at);

test('two results agree if they are equal, or differ only in times, read sizes and sentences', () => {
  for (const recorded of recordedCases.values()) expect(findDisagreements(recorded, recorded)).toEqual([]);
  expect(
    disagreementsAt('1.1.2', {
      started: '2000-01-01T00:00:00.000Z',
      durationMs: 99,
      rxOctetStats: { '1': 200 },
      result: 'other words',
    }),
  ).toEqual([]);
});

test.each([
  ['behavior', { behavior: 'FAILED' }],
  ['behaviorClose', { behaviorClose: 'UNCLEAN' }],
  ['remoteCloseCode', { remoteCloseCode: 1001 }],
  ['wasClean', { wasClean: false }],
  ['closedByMe', { closedByMe: false }],
  ['failedByMe', { failedByMe: true }],
  ['droppedByMe', { droppedByMe: true }],
  ['wasServerConnectionDropTimeout', { wasServerConnectionDropTimeout: true }],
  ['wasOpenHandshakeTimeout', { wasOpenHandshakeTimeout: true }],
  ['wasCloseHandshakeTimeout', { wasCloseHandshakeTimeout: true }],
  ['received', { received: [] }],
  ['index', { index: 1 }],
  ['localCloseCode', { localCloseCode: null }],
  ['localCloseReason', { localCloseReason: 'x' }],
  ['remoteCloseReason', { remoteCloseReason: 'x' }],
  ['expected', { expected: {} }],
  ['expectedClose', { expectedClose: null }],
  ['createWirelog', { createWirelog: false }],
  ['wasNotCleanReason is set', { wasNotCleanReason: 'because' }],
  ['trafficStats are recorded', { trafficStats: {} }],
  ['rxFrameStats', { rxFrameStats: {} }],
  ['txFrameStats', { txFrameStats: {} }],
  ['timers', { wirelog: [] }],
] as const satisfies readonly (readonly [string, Partial<RecordedCase>])[])(
  'two results with a different "%s" disagree',
  (name, change) => {
    expect(disagreementsAt('1.1.2', change)).toContain(name);
  },
);

test('two results disagree if the order of their timers differs, but not if the rows between the timers differ', () => {
  const { wirelog } = recordedCase('6.4.1');
  const timers = wirelog.filter((row) => row.row === 'timer');
  expect(timers.length).toBeGreaterThan(2);
  expect(disagreementsAt('6.4.1', { wirelog: timers })).toEqual([]);
  expect(disagreementsAt('6.4.1', { wirelog: timers.toReversed() })).toEqual(['timers']);
});

test('two results agree if only the number of compressed frames differs, which depends on the version of zlib', () => {
  expect(disagreementsAt('12.1.1', { rxFrameStats: { '1': 999 } })).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import type { Outcome, Report } from '../../reports/document/report.ts';
import { sampleOutcome, sampleReport } from '../../reports/testing/sample.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { compareAgents, compareWithFirst } from './compare-reports.ts';

const good = sampleOutcome();
const reportOf = (outcomes: Record<string, Outcome | null>): Report => ({
  ...sampleReport,
  cases: sampleReport.cases.filter(({ id }) => id in outcomes),
  agents: [
    {
      name: 'ours',
      slug: 'ours',
      url: 'ws://x',
      cases: Object.entries(outcomes).map(([id, actual]) => ({
        id,
        verdict: 'same',
        actual,
        expected: null,
        differences: [],
        sentence: '',
        durationMs: 1,
        result: null,
      })),
    },
  ],
});
/** The Autobahn suite, changed for this test: the RFC demands the same outcome in all cases. */
const suite = { ...autobahn, conformant: () => good };
const party = (report: Report) => {
  const [agent] = report.agents;
  if (agent === undefined) throw new Error('the sample has no agent');
  return { report, agent, root: '' };
};
const compare = (a: Record<string, Outcome | null>, b: Record<string, Outcome | null>) =>
  compareAgents(suite, party(reportOf(a)), party(reportOf(b)));

const unclean = sampleOutcome({ wasClean: false, remoteCloseCode: null });
const other = sampleOutcome({ remoteCloseCode: 1001 });

describe('a comparison of B with A', () => {
  it.each([
    ['regressed', good, unclean],
    ['fixed', unclean, good],
    ['changed', good, other],
    ['removed', good, null],
    ['added', null, good],
  ] as const)('finds a case that is %s', (change, a, b) => {
    const { cases, counts } = compare({ '1.1.1': a }, { '1.1.1': b });
    expect(cases.map(({ id, change: found }) => [id, found])).toEqual([['1.1.1', change]]);
    expect(counts[change]).toBe(1);
    expect(cases[0]?.sentence).toMatch(/\.$/);
  });

  it('lists no case that is the same on both sides or has no outcome on both sides', () => {
    expect(compare({ '1.1.1': good, '2.4': null }, { '1.1.1': good, '2.4': null })).toMatchObject({
      same: 1,
      without: 1,
      cases: [],
    });
  });

  it('lists the worst changes first, and the cases of each change in the order of the suite', () => {
    const a = { '1.1.1': unclean, '1.1.2': good, '2.4': good, '7.1.6': good, '9.1.1': null, '12.1.1': good };
    const b = { '1.1.1': good, '1.1.2': other, '2.4': null, '7.1.6': unclean, '9.1.1': good, '12.1.1': unclean };
    expect(compare(a, b).cases.map(({ id, change }) => `${id} ${change}`)).toEqual([
      '7.1.6 regressed',
      '12.1.1 regressed',
      '2.4 removed',
      '1.1.2 changed',
      '1.1.1 fixed',
      '9.1.1 added',
    ]);
  });

  it('finds the opposite changes if A and B are swapped', () => {
    const a = { '1.1.1': unclean, '1.1.2': good, '2.4': good };
    const b = { '1.1.1': good, '1.1.2': unclean, '2.4': null };
    const [forward, backward] = [compare(a, b).counts, compare(b, a).counts];
    expect([forward.regressed, forward.fixed, forward.removed, forward.added]).toEqual([
      backward.fixed,
      backward.regressed,
      backward.added,
      backward.removed,
    ]);
  });

  it('is refused if A and B were tested with different suites', () => {
    const b = {
      ...reportOf({ '1.1.1': good }),
      suites: sampleReport.suites.map((suite) => ({ ...suite, version: '0.8' })),
    };
    expect(() => compareAgents(suite, party(reportOf({ '1.1.1': good })), party(b))).toThrow(/different suites/);
  });
});

it('compareWithFirst compares each further agent of a run with the first agent', () => {
  const [comparison, ...more] = compareWithFirst(suite, sampleReport);
  expect(more).toEqual([]);
  expect(comparison?.a.agent).toBe(sampleReport.agents[0]?.name);
  expect(comparison?.b.agent).toBe(sampleReport.agents[1]?.name);
  expect(compareWithFirst(suite, { ...sampleReport, agents: sampleReport.agents.slice(0, 1) })).toEqual([]);
});

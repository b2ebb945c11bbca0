import { expect, it } from 'vitest';
import type { Report } from '../document/report.ts';
import { sampleReport } from '../testing/sample.ts';
import { bigReport } from '../testing/sample-big.ts';
import { spread, timesView } from './times.ts';

it('finds the minimum, the median and the maximum', () => {
  expect(spread([30, 1, 9])).toEqual({ least: 1, median: 9, most: 30 });
  expect(spread([])).toEqual({ least: 0, median: 0, most: 0 });
});

it('separates the categories 9, 12 and 13 from each other and from all others, for each agent', () => {
  const parts = timesView(bigReport(2));
  expect(parts.map(({ title }) => title)).toEqual([
    '9 Limits and performance',
    '12 Compression of different payloads',
    '13 Compression with different parameters',
    'all others',
  ]);
  expect(parts.map(({ rows }) => rows.map(({ agent, n }) => `${agent} ${n}`))).toEqual(
    [54, 90, 126, 247].map((n) => [`agent-0 ${n}`, `agent-1 ${n}`]),
  );
});

it('names the slowest case, and the ten slowest cases of each part', () => {
  const report = bigReport(2);
  const times = (id: string, agent: string): Report => ({
    ...report,
    agents: report.agents.map((one) => ({
      ...one,
      cases: one.cases.map((verdict) =>
        one.name === agent && verdict.id === id ? { ...verdict, durationMs: 61_000 } : verdict,
      ),
    })),
  });
  const [limits] = timesView(times('9.1.4', 'agent-1'));
  const worst = { id: '9.1.4', agent: 'agent-1', duration: '1 m 1 s', href: 'cases/agent-1/9.1.4.html' };
  expect(limits?.slowest[0]).toEqual(worst);
  expect(limits?.rows[1]?.slowest).toEqual(worst);
  expect(limits?.rows[0]?.slowest.id).not.toBe('9.1.4');
  expect(limits?.slowest).toHaveLength(10);
});

it('leaves out cases without a duration', () => {
  const untimed = {
    ...sampleReport,
    agents: sampleReport.agents.map((agent) => ({
      ...agent,
      cases: agent.cases.map((one) => ({ ...one, durationMs: null })),
    })),
  };
  expect(timesView(untimed)).toEqual([]);
  expect(timesView(sampleReport).map(({ title }) => title)).toEqual([
    '9 Limits',
    '12 permessage-deflate',
    'all others',
  ]);
});

it('calls the only part “all cases” if the run has no case of 9, 12 and 13', () => {
  const cases = sampleReport.cases.filter(({ category }) => category === '1');
  expect(timesView({ ...sampleReport, cases }).map(({ title }) => title)).toEqual(['all cases']);
});

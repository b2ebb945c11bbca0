import { expect, it } from 'vitest';
import { escapeData, escapeProperty, workflowCommands } from './github.ts';
import { sampleReport } from './sample.ts';

it('marks at most nine, worst first, and says how many more there are', () => {
  const lines = workflowCommands(sampleReport).trim().split('\n');
  expect(lines).toHaveLength(10);
  expect(lines[0]).toContain('The server ended while cases were still to be played.');
  expect(lines[9]).toBe('::error title=ws-conformance::and 7 more: see the report');
});

it('points at the line of the expectation', () => {
  const one = sampleReport.agents[0]?.cases.filter(({ id }) => id === '6.4.2') ?? [];
  const report = {
    ...sampleReport,
    problems: [],
    cases: sampleReport.cases.filter(({ id }) => id === '6.4.2'),
    agents: sampleReport.agents.slice(0, 1).map((agent) => ({ ...agent, name: 'ours', cases: one })),
  };
  expect(workflowCommands(report)).toBe(
    '::error file=fixtures/expected/ours.json,line=19,title=6.4.2 improved (ours)::Better than expected: the behaviour is graded OK instead of NON-STRICT, the events are the ones a strict server makes.\n',
  );
});

it('is empty when all is as expected', () => {
  expect(workflowCommands({ ...sampleReport, problems: [], agents: [] })).toBe('');
});

it('lets no foreign text begin a command or end a property', () => {
  for (const line of workflowCommands(sampleReport).trim().split('\n')) expect(line).toMatch(/^::error [^\n:]*::/);
  expect(escapeData('a%\r\n::error::b')).toBe('a%25\\x0d%0A::error::b');
  expect(escapeProperty('a:b,c')).toBe('a%3Ab%2Cc');
});

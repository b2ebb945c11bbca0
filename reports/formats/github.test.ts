import { expect, it } from 'vitest';
import type { CaseVerdict } from '../document/report.ts';
import { HOSTILE_STRINGS } from '../testing/hostile.ts';
import { sampleReport } from '../testing/sample.ts';
import { bigReport } from '../testing/sample-big.ts';
import { escapeData, escapeProperty, problemCommand, workflowCommands } from './github.ts';

/** Makes a report that contains one case of one agent. */
const only = (one: Partial<CaseVerdict>, expectedFile = 'fixtures/expected/ours.json') => {
  const [agent] = sampleReport.agents;
  const found = agent?.cases.find(({ id }) => id === '6.4.2');
  if (agent === undefined || found === undefined) throw new Error('the sample has no 6.4.2');
  return {
    ...sampleReport,
    problems: [],
    cases: sampleReport.cases.filter(({ id }) => id === '6.4.2'),
    agents: [{ ...agent, name: 'ours', expectedFile, cases: [{ ...found, ...one }] }],
  };
};

it('makes at most nine annotations, worst first, and one that says how many more there are', () => {
  const lines = workflowCommands(sampleReport).trim().split('\n');
  expect(lines).toHaveLength(10);
  expect(lines[0]).toContain('The server ended while cases were still to be played.');
  expect(lines[9]).toBe('::error title=ws-conformance::and 3 more: see the report');
});

it('points at the line of the expectation', () => {
  expect(workflowCommands(only({}))).toBe(
    '::error file=fixtures/expected/ours.json,line=19,title=6.4.2 improved (ours)::Better than expected: the behaviour is graded OK instead of NON-STRICT, the events are the ones a strict server makes.\n',
  );
});

it('points at the line where an entry belongs if the file has none, and says that the default applies', () => {
  const { line: _, ...one } = only({ insertLine: 7, sentence: 'It is worse.' }).agents[0]?.cases[0] ?? {};
  const report = { ...only({}), agents: only({}).agents.map((agent) => ({ ...agent, cases: [one as CaseVerdict] })) };
  expect(workflowCommands(report)).toBe(
    '::error file=fixtures/expected/ours.json,line=7,title=6.4.2 improved (ours)::It is worse.%0AThe file has no entry for this case, so a conformant server is expected. A new entry belongs here.\n',
  );
});

it('names a file by its path in the repository, and names no file outside of it', () => {
  const inPackage = (path: string) => `packages/ws/${path}`;
  expect(workflowCommands(only({}), inPackage)).toContain(
    '::error file=packages/ws/fixtures/expected/ours.json,line=19,',
  );
  expect(workflowCommands(only({}), () => undefined)).toMatch(/^::error title=6\.4\.2 improved \(ours\)::Better/);
});

it('annotates an error that ended the command, on the line of the file that the error names', () => {
  const problem = { what: 'It is wrong.', where: '/x/a.json:3', why: 'So.', todo: 'Do.' };
  expect(problemCommand(problem, 'tool', () => 'a.json')).toBe(
    '::error file=a.json,line=3,title=tool::It is wrong.%0ASo.%0ADo.\n',
  );
  expect(problemCommand(problem, 'tool', () => undefined)).toBe(
    '::error title=tool::It is wrong.%0A/x/a.json:3%0ASo.%0ADo.\n',
  );
  expect(problemCommand({ ...problem, where: '/x/a.mjs:3:14' }, 'tool', (path) => path)).toBe(
    '::error file=/x/a.mjs,line=3,col=14,title=tool::It is wrong.%0ASo.%0ADo.\n',
  );
  expect(problemCommand({ what: 'No.', where: '--url' }, 'tool', (path) => path)).toBe(
    '::error title=tool::No.%0A--url\n',
  );
});

it.each([
  [0, 0],
  [1, 3],
  [9, 10],
  [517, 10],
])(
  'reports %i failed cases of each of three agents in %i annotations, each within the limits',
  (failed, annotations) => {
    const report = bigReport(3);
    const words = HOSTILE_STRINGS.join('');
    const agents = report.agents.map((agent) => ({
      ...agent,
      name: words,
      expectedFile: words,
      cases: agent.cases.map(
        (one, i): CaseVerdict =>
          i < failed
            ? { ...one, verdict: 'regressed', sentence: `${i} ${words.repeat(5)}` }
            : { ...one, verdict: 'same' },
      ),
    }));
    const lines = workflowCommands({ ...report, agents })
      .split('\n')
      .slice(0, -1);
    expect(lines).toHaveLength(annotations);
    for (const line of lines) {
      const [, properties = '', message = ''] = /^::error ([^\n]*?)::([^\r\n]*)$/.exec(line) ?? [];
      expect(message.length).toBeGreaterThan(5);
      expect(decodeURIComponent(message.replaceAll(/%(?!0A|25)/g, '%25')).length).toBeLessThanOrEqual(4096);
      expect(properties.length).toBeLessThan(4096);
    }
    const told = failed * 3;
    if (told > 10) expect(lines.at(-1)).toBe(`::error title=ws-conformance::and ${told - 9} more: see the report`);
  },
);

it('groups similar cases and problems, with their ids, if GitHub would not show all annotations', () => {
  const report = bigReport(1);
  const failing = (failed: number, problems = report.problems) => {
    const agents = report.agents.map((agent) => ({
      ...agent,
      expectedFile: 'expected.json',
      cases: agent.cases.map((one, i): CaseVerdict => {
        const sentence = `It sent “${i}” back.`;
        return i < failed
          ? { ...one, verdict: 'regressed', actual: one.expected, sentence, line: 2 + i }
          : { ...one, verdict: 'same' };
      }),
    }));
    return workflowCommands({ ...report, problems, agents })
      .trim()
      .split('\n');
  };
  const each = failing(10);
  expect(each).toHaveLength(10);
  expect(each[9]).toMatch(
    /^::error file=expected\.json,line=11,title=1\.2\.1 regressed \(agent-0\)::It sent “9” back\.$/,
  );
  expect(failing(11)).toEqual([
    '::error file=expected.json,line=2,title=11 cases regressed (agent-0)::It sent “…” back.%0A1.1.1-1.2.2',
  ]);
  const problems = report.cases.slice(11).map(({ id }) => ({ what: `Case ${id} has no result.`, case: id }));
  expect(failing(11, problems)).toEqual([
    '::error title=506 cases::Case 1.2.3 has no result. Also in 505 more cases.%0A1.2.3-13.14.9',
    '::error file=expected.json,line=2,title=11 cases regressed (agent-0)::It sent “…” back.%0A1.1.1-1.2.2',
  ]);
});

it('makes no commands if every outcome is as expected', () => {
  expect(workflowCommands({ ...sampleReport, problems: [], agents: [] })).toBe('');
});

it('lets no text from strangers start a command or end a property', () => {
  for (const line of workflowCommands(sampleReport).trim().split('\n')) expect(line).toMatch(/^::error [^\n:]*::/);
  expect(escapeData('a%\r\n::error::b')).toBe('a%25\\x0d%0A::error::b');
  expect(escapeProperty('a:b,c')).toBe('a%3Ab%2Cc');
});

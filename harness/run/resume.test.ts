import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Report } from '../../reports/document/report.ts';
import type { ServerConfig } from '../config/config.ts';
import { addResults } from '../results/copy-results.ts';
import { catalogue } from '../suites/autobahn/catalogue.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { HarnessError } from '../support/harness-error.ts';
import { readRecorded } from './read-recorded.ts';
import { refuseOtherEngine, resumeFrom } from './resume.ts';
import { run } from './run.ts';

const recorded = join(import.meta.dirname, '../../fixtures/recorded/ws');
const server: ServerConfig = {
  name: 'ws',
  agent: 'ws',
  command: ['node', 'server.js'],
  path: '/',
  cwd: '/',
  env: {},
  readySeconds: 1,
};
const IDS = ['1.1.1', '1.1.2', '1.1.3'];

let home: string;
let report: Report;
/** Makes a report with results of 1.1.1 and 1.1.2, and without a result of 1.1.3. */
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'resume-test-'));
  const plan = catalogue.filter(({ id }) => IDS.includes(id));
  const source = readRecorded(autobahn, recorded, [], undefined, '2026-01-01');
  const options = { plan, out: join(home, 'report'), strict: false, command: 'ws-conformance 1' };
  report = await run(autobahn, source, options, new AbortController().signal);
  // `--resume` needs the index that an engine writes next to the results.
  copyFileSync(join(recorded, 'index.json'), join(home, 'report/results/ws/index.json'));
  report.engine.name = 'native';
  report.run.commit = 'c'.repeat(40);
  for (const agent of report.agents) agent.command = 'node server.js';
  verdictOf('1.1.3').result = null;
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function verdictOf(id: string) {
  const found = report.agents[0]?.cases.find((verdict) => verdict.id === id);
  if (found === undefined) throw new Error(`the report has no case ${id}`);
  return found;
}
const resume = (run: Partial<Parameters<typeof resumeFrom>[3]> = {}) =>
  resumeFrom(autobahn, report, join(home, 'report'), { servers: [server], plan: IDS, commit: 'c'.repeat(40), ...run });
const keptCases = () => [...(resume().agents.get('ws')?.files.keys() ?? [])];

describe('resumeFrom keeps', () => {
  test('every result, expected or not', () => {
    verdictOf('1.1.2').verdict = 'regressed';
    expect(keptCases()).toEqual(['1.1.1', '1.1.2']);
  });

  test('no result whose file is unreadable', () => {
    writeFileSync(join(home, 'report/results/ws/ws_case_1_1_1.json'), '{');
    expect(keptCases()).toEqual(['1.1.2']);
  });

  test('only expected outcomes if the server ended during the run, because its end may have caused the others', () => {
    verdictOf('1.1.2').verdict = 'regressed';
    report.problems = [{ what: 'The server ended during the run.', agent: 'ws', tail: ['panic'] }];
    expect(keptCases()).toEqual(['1.1.1']);
    report.problems = [{ what: 'Another server ended during the run.', agent: 'other', tail: ['panic'] }];
    expect(keptCases()).toEqual(['1.1.1', '1.1.2']);
  });

  test('the lines that the server printed during a kept case', () => {
    verdictOf('1.1.1').serverOutput = ['hello'];
    expect(resume().agents.get('ws')?.output).toEqual(new Map([['1.1.1', ['hello']]]));
  });

  test('the results that exist if the new plan has more cases', () => {
    expect(resume({ plan: [...IDS, '1.1.4'] }).agents.get('ws')?.files.size).toBe(2);
  });
});

describe('a run cannot be resumed', () => {
  const refusal = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      if (error instanceof HarnessError && error.exitCode === 2) return `${error.problem.what} ${error.problem.why}`;
    }
    throw new Error('the run was not refused');
  };

  test('with other servers, by name, command or address', () => {
    expect(refusal(() => resume({ servers: [{ ...server, agent: 'other' }] }))).toContain('now they are "other"');
    expect(refusal(() => resume({ servers: [server, server] }))).toContain('now they are "ws", "ws"');
    expect(refusal(() => resume({ servers: [{ ...server, command: ['other'] }] }))).toContain('now it is other');
    const { command: _, ...running } = server;
    expect(refusal(() => resume({ servers: [{ ...running, url: 'ws://127.0.0.1:1/' }] }))).toContain('now it is ws://');
  });

  test('with another suite, or another commit of the server', () => {
    expect(refusal(() => resume({ commit: 'd'.repeat(40) }))).toContain('now it is dddddddddddd');
    expect(resume({ commit: null }).agents.size).toBe(1);
    report.suites = report.suites.map((suite) => ({ ...suite, version: '0.8.2' }));
    expect(refusal(resume)).toContain('0.8.2');
  });

  test('with a plan that lacks a case of the earlier plan', () => {
    expect(refusal(() => resume({ plan: ['1.1.1', '1.1.3'] }))).toContain('case 1.1.2');
  });

  test('if every case has a result or is skipped', () => {
    verdictOf('1.1.3').result = 'results/ws/ws_case_1_1_3.json';
    expect(refusal(resume)).toContain('nothing to resume');
    verdictOf('1.1.3').result = null;
    verdictOf('1.1.3').verdict = 'skipped';
    expect(refusal(resume)).toContain('nothing to resume');
  });

  test('with another engine, unless there are no results to keep', () => {
    const native = { name: 'native', summary: '' } as const;
    const docker = { name: 'docker', summary: '' } as const;
    expect(() => refuseOtherEngine(resume(), native)).not.toThrow();
    expect(refusal(() => refuseOtherEngine(resume(), docker))).toContain('was "native", and now it is "docker"');
    for (const id of IDS) verdictOf(id).result = null;
    expect(() => refuseOtherEngine(resume(), docker)).not.toThrow();
  });
});

test('addResults keeps the results in the target folder, and never reads or writes outside of the two folders', () => {
  const from = join(home, 'report/results/ws');
  const into = mkdtempSync(join(home, 'into-'));
  writeFileSync(
    join(from, 'index.json'),
    JSON.stringify({
      ws: {
        '1.1.1': { reportfile: 'ws_case_1_1_1.json' },
        '1.1.2': { reportfile: '../../results/ws/ws_case_1_1_2.json' },
        '1.1.3': { reportfile: 'ws_case_1_1_3.json' },
      },
    }),
  );
  addResults('ws', from, into, new Set(['1.1.1']));
  addResults('ws', from, into, new Set(['1.1.2']));
  expect(readdirSync(into).sort()).toEqual(['index.json', 'ws_case_1_1_1.json', 'ws_case_1_1_2.json']);
  expect(Object.keys(JSON.parse(readFileSync(join(into, 'index.json'), 'utf8')).ws)).toEqual(['1.1.1', '1.1.2']);
  expect(readdirSync(home).sort()).toEqual([into.slice(home.length + 1), 'report'].sort());
});

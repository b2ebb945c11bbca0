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
import { keepFrom, refuseOtherEngine } from './resume.ts';
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
/** A report with results of 1.1.1 and 1.1.2 that lacks 1.1.3. */
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'resume-test-'));
  const plan = catalogue.filter(({ id }) => IDS.includes(id));
  const source = readRecorded(autobahn, recorded, [], undefined, '2026-01-01');
  const options = { plan, out: join(home, 'report'), strict: false, command: 'ws-conformance 1' };
  report = await run(autobahn, source, options, new AbortController().signal);
  // What was read from a folder has no index, but what was played has.
  copyFileSync(join(recorded, 'index.json'), join(home, 'report/results/ws/index.json'));
  report.engine.name = 'native';
  report.run.commit = 'c'.repeat(40);
  for (const agent of report.agents) agent.command = 'node server.js';
  one('1.1.3').result = null;
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function one(id: string) {
  const found = report.agents[0]?.cases.find((verdict) => verdict.id === id);
  if (found === undefined) throw new Error(`the report has no case ${id}`);
  return found;
}
const keep = (run: Partial<Parameters<typeof keepFrom>[3]> = {}) =>
  keepFrom(autobahn, report, join(home, 'report'), { servers: [server], plan: IDS, commit: 'c'.repeat(40), ...run });
const kept = () => [...(keep().agents.get('ws')?.files.keys() ?? [])];

describe('what is kept', () => {
  test('is every result that is there, good or bad', () => {
    one('1.1.2').verdict = 'regressed';
    expect(kept()).toEqual(['1.1.1', '1.1.2']);
  });

  test('is none that can no longer be read', () => {
    writeFileSync(join(home, 'report/results/ws/ws_case_1_1_1.json'), '{');
    expect(kept()).toEqual(['1.1.2']);
  });

  test('is, where the server died, only what was as expected: the rest may be the work of its death', () => {
    one('1.1.2').verdict = 'regressed';
    report.problems = [{ what: 'The server ended in mid-run.', agent: 'ws', tail: ['panic'] }];
    expect(kept()).toEqual(['1.1.1']);
    report.problems = [{ what: 'Another server ended in mid-run.', agent: 'other', tail: ['panic'] }];
    expect(kept()).toEqual(['1.1.1', '1.1.2']);
  });

  test('brings along what the server printed meanwhile', () => {
    one('1.1.1').serverOutput = ['hello'];
    expect(keep().agents.get('ws')?.output).toEqual(new Map([['1.1.1', ['hello']]]));
  });

  test('may be less than a larger plan asks for', () => {
    expect(keep({ plan: [...IDS, '1.1.4'] }).agents.get('ws')?.files.size).toBe(2);
  });
});

describe('a run is not resumed', () => {
  const refused = (start: () => unknown): string => {
    try {
      start();
    } catch (error) {
      if (error instanceof HarnessError && error.exitCode === 2) return `${error.problem.what} ${error.problem.why}`;
    }
    throw new Error('it was not refused');
  };

  test('with other servers, by name, command or address', () => {
    expect(refused(() => keep({ servers: [{ ...server, agent: 'other' }] }))).toContain('now they are "other"');
    expect(refused(() => keep({ servers: [server, server] }))).toContain('now they are "ws", "ws"');
    expect(refused(() => keep({ servers: [{ ...server, command: ['other'] }] }))).toContain('now it is other');
    const { command: _, ...running } = server;
    expect(refused(() => keep({ servers: [{ ...running, url: 'ws://127.0.0.1:1/' }] }))).toContain('now it is ws://');
  });

  test('with another suite, or another commit of the server', () => {
    expect(refused(() => keep({ commit: 'd'.repeat(40) }))).toContain('now it is dddddddddddd');
    expect(keep({ commit: null }).agents.size).toBe(1);
    report.suites = report.suites.map((suite) => ({ ...suite, version: '0.8.2' }));
    expect(refused(keep)).toContain('0.8.2');
  });

  test('with a plan in which a case of the earlier one would be lost', () => {
    expect(refused(() => keep({ plan: ['1.1.1', '1.1.3'] }))).toContain('case 1.1.2');
  });

  test('when nothing is missing', () => {
    one('1.1.3').result = 'results/ws/ws_case_1_1_3.json';
    expect(refused(keep)).toContain('nothing to resume');
    one('1.1.3').result = null;
    one('1.1.3').verdict = 'skipped';
    expect(refused(keep)).toContain('nothing to resume');
  });

  test('with another engine, unless there is nothing of the first', () => {
    const native = { name: 'native', summary: '' } as const;
    const docker = { name: 'docker', summary: '' } as const;
    expect(() => refuseOtherEngine(keep(), native)).not.toThrow();
    expect(refused(() => refuseOtherEngine(keep(), docker))).toContain('was "native", and now it is "docker"');
    for (const id of IDS) one(id).result = null;
    expect(() => refuseOtherEngine(keep(), docker)).not.toThrow();
  });
});

test('results are put beside those that are there, and never outside of the folder', () => {
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

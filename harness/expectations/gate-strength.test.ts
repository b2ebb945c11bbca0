import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endBlock } from '../../reports/formats/terminal.ts';
import { sampleReport } from '../../reports/testing/sample.ts';
import { unnamedServer } from '../config/config.ts';
import { readResults } from '../results/read-results.ts';
import { caseInfo, suiteIds } from '../suites/autobahn/catalogue.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { expectationsOf } from './expectations-of.ts';
import { decide } from './gate.ts';
import { judgeCases } from './judge-cases.ts';

/*
 * Measures whether the gate, which decides about a run, can be fooled. A recorded run of 517 cases passes. The test
 * damages each case in twelve ways, one at a time. Each of the 6,204 damaged runs must not pass, and the end of the
 * terminal output must name the damaged case.
 */

// biome-ignore lint/suspicious/noExplicitAny: the tests damage these files on purpose
type Json = Record<string, any>;
/**
 * The recorded data of one case: its entry in `index.json` and its own file. `second` is another case of the same run.
 */
interface RecordedFiles {
  id: string;
  entry: Json;
  file: Json;
  second?: { id: string; entry: Json };
}

const recorded = join(import.meta.dirname, '../../fixtures/recorded/ws');
const index: Json = JSON.parse(readFileSync(join(recorded, 'index.json'), 'utf8')).ws;
const fileOf = (id: string): Json => JSON.parse(readFileSync(join(recorded, index[id].reportfile), 'utf8'));
const expectations = expectationsOf(
  autobahn,
  { ...unnamedServer('ws'), expectedFile: join(import.meta.dirname, '../../fixtures/expected/ws.json') },
  '2026-01-01',
);
const times = suiteIds.map((id) => Date.parse(fileOf(id).started));
const window = { from: Math.min(...times), to: Math.max(...times) };
const DAY_MS = 24 * 60 * 60 * 1000;

/** Writes a value into the index entry and the file, as an engine does. */
function setBoth({ entry, file }: RecordedFiles, key: string, value: unknown): void {
  entry[key] = value;
  file[key] = value;
}

/** Twelve ways to damage one case. */
const DAMAGES: Readonly<Record<string, (recorded: RecordedFiles) => void>> = {
  'a worse grade': (files) => setBoth(files, 'behavior', files.file.behavior === 'FAILED' ? 'UNIMPLEMENTED' : 'FAILED'),
  'a worse close grade': (files) =>
    setBoth(files, 'behaviorClose', files.file.behaviorClose === 'UNCLEAN' ? 'FAILED' : 'UNCLEAN'),
  'another close code': (files) => setBoth(files, 'remoteCloseCode', files.file.remoteCloseCode === 1011 ? 1000 : 1011),
  'the opposite value of wasClean': ({ file }) => {
    file.wasClean = !file.wasClean;
  },
  'the opposite value of droppedByMe': ({ file }) => {
    file.droppedByMe = !file.droppedByMe;
  },
  'an empty text of the result': ({ file }) => {
    file.result = '';
  },
  'a missing event, or an additional event if there was none': ({ file }) => {
    file.received = file.received.length > 0 ? file.received.slice(0, -1) : [['message', 'late', false]];
  },
  'no index entry': (files) => {
    files.entry = {};
  },
  'the same file for two cases': (files) => {
    const id = suiteIds.find((other) => other !== files.id) ?? '';
    files.second = { id, entry: { ...index[id], reportfile: files.entry.reportfile } };
  },
  'a file of another agent': ({ file }) => {
    file.agent = 'websocket-node';
  },
  'different grades in the index and the file': ({ entry }) => {
    entry.behavior = entry.behavior === 'OK' ? 'FAILED' : 'OK';
  },
  'a result that is one day old': ({ file }) => {
    file.started = new Date(window.from - DAY_MS).toISOString();
  },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gate-strength-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Judges a recorded run: reads the results, compares, decides, and writes the terminal output.
 * @returns exit code and terminal output.
 */
function judge({ id, entry, file, second }: RecordedFiles): { exitCode: number; output: string } {
  const entries = {
    ...(Object.keys(entry).length > 0 ? { [id]: entry } : {}),
    ...(second === undefined ? {} : { [second.id]: second.entry }),
  };
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ ws: entries }));
  writeFileSync(join(folder, index[id].reportfile), JSON.stringify(file));
  const cases = second === undefined ? [id] : [id, second.id];
  const wanted = { cases, agents: ['ws'], extraIsFault: true, recorded: window };
  const { agents, problems } = readResults(autobahn, folder, wanted);
  const verdicts = judgeCases(autobahn, {
    results: agents[0]?.results ?? [],
    expectations,
    resultPath: (path) => path,
  });
  const gate = decide(autobahn, verdicts, problems, { strict: false });
  const agent = { name: 'ws', slug: 'ws', url: '', cases: verdicts };
  const plan = cases.flatMap((caseId) => caseInfo(caseId) ?? []);
  const report = { ...sampleReport, gate, problems, agents: [agent], cases: plan };
  return { exitCode: gate.exitCode, output: endBlock(report, folder, { colour: false, unicode: true }) };
}

const readFiles = (id: string): RecordedFiles => ({ id, entry: { ...index[id] }, file: fileOf(id) });

test('each of the 517 cases passes without damage', () => {
  expect(suiteIds).toHaveLength(517);
  for (const id of suiteIds) expect(judge(readFiles(id)).exitCode, id).toBe(0);
});

test.each(Object.entries(DAMAGES))('%s is found in each of the 517 cases, and the case is named', (_, damage) => {
  const notFound = suiteIds.filter((id) => {
    const files = readFiles(id);
    damage(files);
    const { exitCode, output } = judge(files);
    return exitCode === 0 || !output.split(/[^\d.]+|\.(?=\s|$)/).includes(id);
  });
  expect(notFound).toEqual([]);
});

test('there are 6,204 damaged runs: twelve for each case', () => {
  expect(Object.keys(DAMAGES).length * suiteIds.length).toBe(6204);
});

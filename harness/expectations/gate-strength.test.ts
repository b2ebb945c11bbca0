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

/**
 * How strong the gate is, measured: a recorded run that passes, spoilt in twelve ways in each of its 517 cases. Each of
 * the 6,204 has to stop the merge, and the last words of the run have to name the case.
 */

// biome-ignore lint/suspicious/noExplicitAny: files that are damaged on purpose
type Json = Record<string, any>;
/** One case as it was recorded: its entry in the index, and its file. `also` is a second case that is planned with it. */
interface Recorded {
  id: string;
  entry: Json;
  file: Json;
  also?: { id: string; entry: Json };
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

/** Puts the same into index and file, as a server that behaves so would have it. */
function both(one: Recorded, key: string, value: unknown): void {
  one.entry[key] = value;
  one.file[key] = value;
}

/** The twelve operators. Each changes one case and nothing else. */
const OPERATORS: Readonly<Record<string, (one: Recorded) => void>> = {
  'a grade that is worse': (one) => both(one, 'behavior', one.file.behavior === 'FAILED' ? 'UNIMPLEMENTED' : 'FAILED'),
  'a close grade that is worse': (one) =>
    both(one, 'behaviorClose', one.file.behaviorClose === 'UNCLEAN' ? 'FAILED' : 'UNCLEAN'),
  'another close code': (one) => both(one, 'remoteCloseCode', one.file.remoteCloseCode === 1011 ? 1000 : 1011),
  'an end that was not clean, or the other way round': ({ file }) => {
    file.wasClean = !file.wasClean;
  },
  'TCP dropped by the other side': ({ file }) => {
    file.droppedByMe = !file.droppedByMe;
  },
  'no word on the result': ({ file }) => {
    file.result = '';
  },
  'an event that is gone, or one more where there was none': ({ file }) => {
    file.received = file.received.length > 0 ? file.received.slice(0, -1) : [['message', 'late', false]];
  },
  'a case that is not in the index': (one) => {
    one.entry = {};
  },
  'a case whose file is that of another': (one) => {
    const id = suiteIds.find((other) => other !== one.id) ?? '';
    one.also = { id, entry: { ...index[id], reportfile: one.entry.reportfile } };
  },
  'a file of another agent': ({ file }) => {
    file.agent = 'websocket-node';
  },
  'a file that does not say what the index says': ({ entry }) => {
    entry.behavior = entry.behavior === 'OK' ? 'FAILED' : 'OK';
  },
  'a result of the day before': ({ file }) => {
    file.started = new Date(window.from - DAY_MS).toISOString();
  },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gate-strength-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a run says that read these results, with the code it exits with. */
function judged({ id, entry, file, also }: Recorded): { exitCode: number; words: string } {
  const entries = {
    ...(Object.keys(entry).length > 0 ? { [id]: entry } : {}),
    ...(also === undefined ? {} : { [also.id]: also.entry }),
  };
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ ws: entries }));
  writeFileSync(join(folder, index[id].reportfile), JSON.stringify(file));
  const cases = also === undefined ? [id] : [id, also.id];
  const wanted = { cases, agents: ['ws'], extraIsFault: true, recorded: window };
  const { agents, problems } = readResults(autobahn, folder, wanted);
  const verdicts = judgeCases(autobahn, {
    results: agents[0]?.results ?? [],
    expectations,
    resultPath: (path) => path,
  });
  const gate = decide(autobahn, verdicts, problems, { strict: false });
  const agent = { name: 'ws', slug: 'ws', url: '', cases: verdicts };
  const plan = cases.flatMap((one) => caseInfo(one) ?? []);
  const report = { ...sampleReport, gate, problems, agents: [agent], cases: plan };
  return { exitCode: gate.exitCode, words: endBlock(report, folder, { colour: false, unicode: true }) };
}

const taken = (id: string): Recorded => ({ id, entry: { ...index[id] }, file: fileOf(id) });

test('each of the 517 cases passes as it was recorded', () => {
  expect(suiteIds).toHaveLength(517);
  for (const id of suiteIds) expect(judged(taken(id)).exitCode, id).toBe(0);
});

test.each(Object.entries(OPERATORS))('%s: seen in each of the 517 cases, and the case is named', (_, spoil) => {
  const unseen = suiteIds.filter((id) => {
    const one = taken(id);
    spoil(one);
    const { exitCode, words } = judged(one);
    return exitCode === 0 || !words.split(/[^\d.]+|\.(?=\s|$)/).includes(id);
  });
  expect(unseen).toEqual([]);
});

test('those were twelve ways of each case: 6,204', () => {
  expect(Object.keys(OPERATORS).length * suiteIds.length).toBe(6204);
});

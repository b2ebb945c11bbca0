import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PlayEvent } from '../engines/engine.ts';
import { judgeOutcome } from '../expectations/judge-cases.ts';
import { expectConformance } from '../expectations/read-expectations.ts';
import { listedCases } from '../results/copy-results.ts';
import { caseInfo, suiteIds } from '../suites/autobahn/catalogue.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { Bail, portions } from './bail.ts';
import { Batches, type BatchOptions } from './batches.ts';
import type { Batch } from './play-batch.ts';

const recorded = join(import.meta.dirname, '../../fixtures/recorded/ws');
const index: Record<string, Record<string, { reportfile: string }>> = JSON.parse(
  readFileSync(join(recorded, 'index.json'), 'utf8'),
);

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'parts-test-'));
  mkdirSync(join(home, 'results'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The event with which an engine records a case: what the real suite recorded. */
function recordOf(id: string): PlayEvent {
  const entry = index.ws?.[id];
  const file = entry?.reportfile ?? '';
  const text = readFileSync(join(recorded, file), 'utf8');
  return { kind: 'recorded', record: { id, file, text, entry: { ...entry } } };
}

/** Leaves what the real suite left of these cases in that folder, as an engine that tells all at its end. */
function leave({ cases, folder }: Batch): void {
  const entries = Object.fromEntries(cases.map((id) => [id, index.ws?.[id]]));
  const now = new Date().toISOString();
  for (const id of cases) {
    const file = index.ws?.[id]?.reportfile ?? '';
    const text = readFileSync(join(recorded, file), 'utf8');
    writeFileSync(join(folder, file), text.replace(/"started": "[^"]*"/, `"started": "${now}"`));
  }
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ ws: entries }));
}

const conformance = expectConformance(autobahn);
const optionsFor = (cases: readonly string[], bail: Bail | undefined): BatchOptions => ({
  suite: autobahn,
  agent: 'ws',
  cases,
  folder: join(home, 'results'),
  scratch: join(home, 'scratch'),
  playOptions: {},
  recordsLive: false,
  isUnexpected: (id, actual) => judgeOutcome(autobahn, id, actual, conformance.get(id)).verdict !== 'same',
  bail,
  retries: undefined,
});

test('an engine that tells nothing before its end plays in portions, until there is enough; what it played by then is kept', () => {
  const dealt = portions(suiteIds, (id) => caseInfo(id)?.weightMs ?? 0);
  const [first = [], second = [], third] = dealt;
  expect(third).toBeDefined();
  const bail = new Bail(1);
  const parts: Batch[] = [];
  // One case is wrong, in the second portion.
  const batches = new Batches({ ...optionsFor(suiteIds, bail), isUnexpected: (id: string) => id === second[0] });
  for (const part of batches.batches()) {
    parts.push(part);
    leave(part);
    for (const id of part.cases) batches.hear(recordOf(id));
  }
  expect(parts.map((part) => part.cases)).toEqual([first, second]);
  const played = [...first, ...second];
  expect([...listedCases('ws', join(home, 'results'))].sort()).toEqual([...played].sort());
  expect(readdirSync(join(home, 'results'))).toHaveLength(played.length + 1);
});

test('without --bail it plays everything at once, and nothing is asked of the results', () => {
  const [part, ...more] = [...new Batches(optionsFor(['1.1.1', '6.4.1'], undefined)).batches()];
  expect(part).toEqual({ cases: ['1.1.1', '6.4.1'], folder: join(home, 'results') });
  expect(more).toEqual([]);
});

test('a portion after which the server is gone is kept too', () => {
  const cases = suiteIds.filter((id) => /^(1|9\.[13])\b/.test(id));
  for (const part of new Batches(optionsFor(cases, new Bail(1))).batches()) {
    leave(part);
    break;
  }
  expect(listedCases('ws', join(home, 'results')).size).toBeGreaterThan(0);
});

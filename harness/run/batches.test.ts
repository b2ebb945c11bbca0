import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PlayEvent } from '../engines/engine.ts';
import { judgeOutcome } from '../expectations/judge-cases.ts';
import { expectConformance } from '../expectations/read-expectations.ts';
import { listedCases } from '../results/copy-results.ts';
import { caseInfo, suiteIds } from '../suites/autobahn/catalogue.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { Bail } from './bail.ts';
import { Batches, type BatchOptions } from './batches.ts';
import { growingBatches } from './growing-batches.ts';
import type { Batch } from './play-batch.ts';

const recorded = join(import.meta.dirname, '../../fixtures/recorded/ws');
const index: Record<string, Record<string, { reportfile: string }>> = JSON.parse(
  readFileSync(join(recorded, 'index.json'), 'utf8'),
);

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'batches-test-'));
  mkdirSync(join(home, 'results'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/**
 * Makes the event with which an engine hands over the result of a case. The result is from a recorded run of Autobahn.
 */
function recordOf(id: string): PlayEvent {
  const entry = index.ws?.[id];
  const file = entry?.reportfile ?? '';
  const text = readFileSync(join(recorded, file), 'utf8');
  return { kind: 'recorded', record: { id, file, text, entry: { ...entry } } };
}

/** Writes the results of a batch to its folder, as Autobahn's own program does after its last case. */
function writeResults({ cases, folder }: Batch): void {
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
  temporaryFolder: join(home, 'batches'),
  playOptions: {},
  recordsLive: false,
  isUnexpected: (id, actual) => judgeOutcome(autobahn, id, actual, conformance.get(id)).verdict !== 'same',
  bail,
  retries: undefined,
});

describe('Batches of an engine that records only at its end', () => {
  test('with --bail stop after the batch in which the limit is reached, and keep all results', () => {
    const [first = [], second = [], third] = growingBatches(suiteIds, (id) => caseInfo(id)?.weightMs ?? 0);
    expect(third).toBeDefined();
    const made: Batch[] = [];
    // One outcome is unexpected, in the second batch.
    const options = { ...optionsFor(suiteIds, new Bail(1)), isUnexpected: (id: string) => id === second[0] };
    const batches = new Batches(options);
    for (const batch of batches.batches()) {
      made.push(batch);
      writeResults(batch);
      for (const id of batch.cases) batches.onEvent(recordOf(id));
      // The limit must not end a batch while the engine is still handing over its results.
      expect(batch.limitReached?.aborted).toBe(false);
    }
    expect(made.map(({ cases }) => cases)).toEqual([first, second]);
    const played = [...first, ...second];
    expect([...listedCases('ws', join(home, 'results'))].sort()).toEqual([...played].sort());
    expect(readdirSync(join(home, 'results'))).toHaveLength(played.length + 1);
  });

  test('without --bail are one batch with all cases', () => {
    const [batch, ...more] = [...new Batches(optionsFor(['1.1.1', '6.4.1'], undefined)).batches()];
    expect(batch).toEqual({ cases: ['1.1.1', '6.4.1'], folder: join(home, 'results') });
    expect(more).toEqual([]);
  });

  test('keep the results of a batch after which the server has ended', () => {
    const cases = suiteIds.filter((id) => /^(1|9\.[13])\b/.test(id));
    for (const batch of new Batches(optionsFor(cases, new Bail(1))).batches()) {
      writeResults(batch);
      break;
    }
    expect(listedCases('ws', join(home, 'results')).size).toBeGreaterThan(0);
  });
});

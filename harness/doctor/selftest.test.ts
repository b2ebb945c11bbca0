import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { chooseEngine } from '../run/choose-engine.ts';
import { conformantOutcome } from '../suites/autobahn/catalogue.ts';
import { rejectedError } from '../testing/run-command.ts';
import { refuseOtherVerdicts, selftest } from './selftest.ts';

const { signal } = new AbortController();
const native = chooseEngine('native');

/** Returns the embedded engine with a step that changes each result file after the cases were played. */
const engineWithChangedResults = (change: (folder: string, name: string) => void): Engine => ({
  prepare: (options) => native.prepare(options),
  async play(assignment) {
    const facts = await native.play(assignment);
    for (const name of readdirSync(assignment.folder)) change(assignment.folder, name);
    return facts;
  },
});

test('the self-test passes for the embedded engine: the wrong server fails exactly the expected cases', async () => {
  await expect(selftest(native, signal, () => {})).resolves.toBeDefined();
});

test('the self-test detects an engine that records a conformant close code, even if both grades are INFORMATIONAL', async () => {
  const { received: _, ...facts } = conformantOutcome('7.13.1');
  const blindEngine = engineWithChangedResults((folder, name) => {
    const path = join(folder, name);
    const json = JSON.parse(readFileSync(path, 'utf8'));
    const { remoteCloseCode } = facts;
    if (name === 'index.json')
      Object.assign(Object.values<Record<string, object>>(json)[0]?.['7.13.1'] ?? {}, { remoteCloseCode });
    if (name.includes('7_13_1')) Object.assign(json, facts);
    writeFileSync(path, JSON.stringify(json));
  });
  const { problem, exitCode } = await rejectedError(selftest(blindEngine, signal, () => {}));
  expect(problem.why).toBe('passed although the server is wrong: 7.13.1.');
  expect(exitCode).toBe(3);
});

test('the self-test detects an engine that writes empty results', async () => {
  const emptyEngine = engineWithChangedResults((folder, name) => writeFileSync(join(folder, name), ''));
  const { exitCode } = await rejectedError(selftest(emptyEngine, signal, () => {}));
  expect(exitCode).toBe(3);
});

test.each([
  [['7.9.1', '7.13.1'], 4, undefined],
  [['7.9.1'], 4, 'passed although the server is wrong: 7.13.1.'],
  [['1.1.1', '7.9.1', '7.13.1'], 4, 'failed although the server is right: 1.1.1.'],
  [['7.9.1', '7.13.1'], 3, '3 of 4 cases have a result.'],
])('judges the failed cases %j of %i played cases', async (failed, played, why) => {
  const verdict = Promise.resolve().then(() => refuseOtherVerdicts(failed, played));
  if (why === undefined) await expect(verdict).resolves.toBeUndefined();
  else expect((await rejectedError(verdict)).problem.why).toBe(why);
});

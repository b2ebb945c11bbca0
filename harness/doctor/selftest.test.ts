import { expect, test } from 'vitest';
import type { CaseRecord, Engine } from '../engines/engine.ts';
import { nativeKind } from '../engines/native/kind.ts';
import { chooseEngine } from '../run/choose-engine.ts';
import { conformantOutcome } from '../suites/autobahn/catalogue.ts';
import { selfTest } from '../suites/autobahn/self-test.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { rejectedError } from '../testing/thrown-error.ts';
import { refuseOtherVerdicts, selftest } from './selftest.ts';

const { signal } = new AbortController();
const native = chooseEngine([nativeKind], 'native');

/** Returns the embedded engine with a step that changes each record, or drops the record by returning undefined. */
const engineWithChangedRecords = (change: (record: CaseRecord) => CaseRecord | undefined): Engine => ({
  inspect: (options) => native.inspect(options),
  async prepare(options) {
    const prepared = await native.prepare(options);
    return {
      ...prepared,
      async *play(assignment) {
        for await (const event of prepared.play(assignment)) {
          if (event.kind !== 'recorded') yield event;
          else {
            const record = change(event.record);
            if (record !== undefined) yield { ...event, record };
          }
        }
      },
    };
  },
});

test('passes for the embedded engine: the faulty server fails exactly the expected cases', async () => {
  await expect(selftest(autobahn, native, signal)).resolves.toBeDefined();
});

test('detects an engine that records a conformant close code, even if both grades are INFORMATIONAL', async () => {
  const { received: _, ...facts } = conformantOutcome('7.13.1');
  const blindEngine = engineWithChangedRecords((record) => {
    if (record.id !== '7.13.1') return record;
    const { remoteCloseCode } = facts;
    return {
      ...record,
      entry: { ...record.entry, remoteCloseCode },
      text: JSON.stringify({ ...JSON.parse(record.text ?? ''), ...facts }),
    };
  });
  const { problem, exitCode } = await rejectedError(selftest(autobahn, blindEngine, signal));
  expect(problem.why).toBe('passed although the server is wrong: 7.13.1.');
  expect(exitCode).toBe(3);
});

test('detects an engine that records nothing', async () => {
  const { exitCode } = await rejectedError(
    selftest(
      autobahn,
      engineWithChangedRecords(() => undefined),
      signal,
    ),
  );
  expect(exitCode).toBe(3);
});

test('detects an engine whose case files are empty', async () => {
  const emptyEngine = engineWithChangedRecords((record) => ({ ...record, text: '' }));
  const { exitCode } = await rejectedError(selftest(autobahn, emptyEngine, signal));
  expect(exitCode).toBe(3);
});

test('refuses a suite without a self-test', async () => {
  const { selfTest: _, ...suite } = autobahn;
  const { exitCode } = await rejectedError(selftest(suite, native, signal));
  expect(exitCode).toBe(2);
});

test.each([
  [['7.9.1', '7.13.1'], 4, undefined],
  [['7.9.1'], 4, 'passed although the server is wrong: 7.13.1.'],
  [['1.1.1', '7.9.1', '7.13.1'], 4, 'failed although the server is right: 1.1.1.'],
  [['7.9.1', '7.13.1'], 3, '3 of 4 cases have a result.'],
])('judges the failed cases %j of %i cases', async (failed, played, why) => {
  const verdict = Promise.resolve().then(() => refuseOtherVerdicts(selfTest, failed, played));
  if (why === undefined) await expect(verdict).resolves.toBeUndefined();
  else expect((await rejectedError(verdict)).problem.why).toBe(why);
});

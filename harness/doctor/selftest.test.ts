import { expect, test } from 'vitest';
import type { CaseRecord, Engine } from '../engines/engine.ts';
import { nativeKind } from '../engines/native/kind.ts';
import { chooseEngine } from '../run/choose-engine.ts';
import { conformantOutcome } from '../suites/autobahn/catalogue.ts';
import { selfTest } from '../suites/autobahn/self-test.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { rejectedError } from '../testing/run-command.ts';
import { refuseOtherVerdicts, selftest } from './selftest.ts';

const { signal } = new AbortController();
const native = chooseEngine([nativeKind], 'native');

/** Makes an embedded engine with changed records. @param change returns the changed record; undefined drops the record. */
const faultyEngine = (change: (record: CaseRecord) => CaseRecord | undefined): Engine => ({
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

test('selftest passes with the embedded engine', async () => {
  await expect(selftest(autobahn, native, signal)).resolves.toBeDefined();
});

test('selftest fails with an engine that records conformant facts of 7.13.1, whose grades are always INFORMATIONAL', async () => {
  const { received: _, ...facts } = conformantOutcome('7.13.1');
  const blind = faultyEngine((record) => {
    if (record.id !== '7.13.1') return record;
    const { remoteCloseCode } = facts;
    return {
      ...record,
      entry: { ...record.entry, remoteCloseCode },
      text: JSON.stringify({ ...JSON.parse(record.text ?? ''), ...facts }),
    };
  });
  const { problem, exitCode } = await rejectedError(selftest(autobahn, blind, signal));
  expect(problem.why).toBe('passed although the server is wrong: 7.13.1.');
  expect(exitCode).toBe(3);
});

test('selftest fails with an engine that records nothing', async () => {
  const { exitCode } = await rejectedError(
    selftest(
      autobahn,
      faultyEngine(() => undefined),
      signal,
    ),
  );
  expect(exitCode).toBe(3);
});

test('selftest fails with an engine whose case files are empty', async () => {
  const empty = faultyEngine((record) => ({ ...record, text: '' }));
  const { exitCode } = await rejectedError(selftest(autobahn, empty, signal));
  expect(exitCode).toBe(3);
});

test('selftest refuses a suite without a self-test', async () => {
  const { selfTest: _, ...suite } = autobahn;
  const { exitCode } = await rejectedError(selftest(suite, native, signal));
  expect(exitCode).toBe(2);
});

test.each([
  [['7.9.1', '7.13.1'], 4, undefined],
  [['7.9.1'], 4, 'passed although the server is wrong: 7.13.1.'],
  [['1.1.1', '7.9.1', '7.13.1'], 4, 'failed although the server is right: 1.1.1.'],
  [['7.9.1', '7.13.1'], 3, '3 of 4 cases have a result.'],
])('refuseOtherVerdicts with the failed cases %j of %i played cases', async (failed, played, why) => {
  const check = Promise.resolve().then(() => refuseOtherVerdicts(selfTest, failed, played));
  if (why === undefined) await expect(check).resolves.toBeUndefined();
  else expect((await rejectedError(check)).problem.why).toBe(why);
});

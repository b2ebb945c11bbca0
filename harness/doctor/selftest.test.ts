import { expect, test } from 'vitest';
import type { CaseRecord, Engine } from '../engines/engine.ts';
import { nativeKind } from '../engines/native/kind.ts';
import { chooseEngine } from '../run/choose-engine.ts';
import { conformantOutcome } from '../suites/autobahn/catalogue.ts';
import { selfTest } from '../suites/autobahn/self-test.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { rejectedError } from '../testing/thrown-error.ts';
import { requireExpectedVerdicts, selftest } from './selftest.ts';

const { signal } = new AbortController();
const native = chooseEngine([nativeKind], 'native');

/** The embedded engine, but `change` alters the recorded result of each case, or removes it by returning undefined. */
const engineWith = (change: (record: CaseRecord) => CaseRecord | undefined): Engine => ({
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

test('the embedded engine passes the self-test: the faulty server fails in exactly the expected cases', async () => {
  await expect(selftest(autobahn, native, signal)).resolves.toBeDefined();
});

test('the self-test fails if the engine records wrong facts as conformant, even if both grades are INFORMATIONAL', async () => {
  const { received: _, ...facts } = conformantOutcome('7.13.1');
  const blindEngine = engineWith((record) => {
    if (record.id !== '7.13.1') return record;
    const { remoteCloseCode } = facts;
    return {
      ...record,
      entry: { ...record.entry, remoteCloseCode },
      text: JSON.stringify({ ...JSON.parse(record.text ?? ''), ...facts }),
    };
  });
  const { problem, exitCode } = await rejectedError(selftest(autobahn, blindEngine, signal));
  expect(problem.why).toBe('passed although the server breaks a rule: 7.13.1.');
  expect(exitCode).toBe(3);
});

test('the self-test fails if the engine records nothing', async () => {
  const { exitCode } = await rejectedError(
    selftest(
      autobahn,
      engineWith(() => undefined),
      signal,
    ),
  );
  expect(exitCode).toBe(3);
});

test('the self-test fails if the case files of the engine are empty', async () => {
  const engine = engineWith((record) => ({ ...record, text: '' }));
  const { exitCode } = await rejectedError(selftest(autobahn, engine, signal));
  expect(exitCode).toBe(3);
});

test('a suite without a self-test is refused', async () => {
  const { selfTest: _, ...suite } = autobahn;
  const { exitCode } = await rejectedError(selftest(suite, native, signal));
  expect(exitCode).toBe(2);
});

test.each([
  [['7.9.1', '7.13.1'], 4, undefined],
  [['7.9.1'], 4, 'passed although the server breaks a rule: 7.13.1.'],
  [['1.1.1', '7.9.1', '7.13.1'], 4, 'failed although the server breaks no rule: 1.1.1.'],
  [['7.9.1', '7.13.1'], 3, '3 of 4 cases have a result.'],
])('failed cases %j, %i results', async (failed, resultCount, why) => {
  const check = Promise.resolve().then(() => requireExpectedVerdicts(selfTest, failed, resultCount));
  if (why === undefined) await expect(check).resolves.toBeUndefined();
  else expect((await rejectedError(check)).problem.why).toBe(why);
});

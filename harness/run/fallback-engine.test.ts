import { expect, test } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { eventStream } from '../engines/event-stream.ts';
import { HarnessError } from '../support/harness-error.ts';
import { fallbackEngine } from './fallback-engine.ts';

const notes: string[] = [];
const preparation = {
  signal: new AbortController().signal,
  onMessage: ({ text }: { text: string }) => void notes.push(text),
};

/**
 * Makes an engine that plays nothing and logs its calls.
 * @param refusal if set, the engine throws this error at each call.
 */
function logging(name: 'docker' | 'native', log: string[], refusal?: Error): Engine {
  const facts = { name, summary: `the ${name} engine, for a test` };
  const enter = (call: string) => {
    log.push(`${name} ${call}`);
    if (refusal) throw refusal;
  };
  return {
    async inspect() {
      enter('inspect');
      return facts;
    },
    async prepare() {
      enter('prepare');
      return {
        facts,
        recordsLive: false,
        play: () => eventStream(async () => {}),
      };
    },
  };
}

test('uses only the preferred engine if the preferred engine can run here', async () => {
  const log: string[] = [];
  const engine = fallbackEngine(logging('docker', log), logging('native', log));
  expect(await engine.inspect(preparation)).toMatchObject({ name: 'docker' });
  expect((await engine.prepare(preparation)).facts).toMatchObject({ name: 'docker' });
  expect(log).toEqual(['docker inspect', 'docker prepare']);
});

test('uses the other engine if the preferred engine cannot run here, and says why', async () => {
  const log: string[] = [];
  notes.length = 0;
  const refusal = new HarnessError(3, { what: 'No Docker daemon answers.' });
  const engine = fallbackEngine(logging('docker', log, refusal), logging('native', log));
  const { facts } = await engine.prepare(preparation);
  const summary = 'the native engine, for a test (taken because: No Docker daemon answers)';
  expect(facts).toEqual({ name: 'native', summary });
  expect(notes).toEqual(['No Docker daemon answers: the native engine is used instead']);
  expect(await engine.inspect(preparation)).toMatchObject({ name: 'native', summary });
  expect(log).toEqual(['docker prepare', 'native prepare', 'docker inspect', 'native inspect']);
});

test('does not use the other engine after any other failure', async () => {
  const bug = fallbackEngine(logging('docker', [], new TypeError('a bug')), logging('native', []));
  await expect(bug.prepare(preparation)).rejects.toThrow('a bug');
  const usage = fallbackEngine(
    logging('docker', [], new HarnessError(2, { what: 'no such image name' })),
    logging('native', []),
  );
  await expect(usage.prepare(preparation)).rejects.toThrow('no such image name');
});

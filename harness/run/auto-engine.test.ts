import { expect, test } from 'vitest';
import type { Assignment, Engine } from '../engines/engine.ts';
import { HarnessError } from '../support/harness-error.ts';
import { autoEngine } from './auto-engine.ts';

const assignment: Assignment = {
  cases: ['1.1.1'],
  url: 'ws://127.0.0.1:1/',
  agent: 'x',
  folder: '/nowhere',
  signal: new AbortController().signal,
  onProgress: () => {},
};

/** An engine that notes what it is asked to do, and cannot be prepared when it is given a reason. */
function noting(name: 'docker' | 'native', log: string[], refusal?: Error): Engine {
  return {
    async prepare() {
      log.push(`${name} prepares`);
      if (refusal) throw refusal;
      return { name, summary: `the ${name} engine` };
    },
    async play() {
      log.push(`${name} plays`);
      return {};
    },
  };
}

test('Docker is taken where it can run, and the embedded engine is left alone', async () => {
  const log: string[] = [];
  const engine = autoEngine(noting('docker', log), noting('native', log));
  expect(await engine.prepare(assignment)).toMatchObject({ name: 'docker' });
  await engine.play(assignment);
  expect(log).toEqual(['docker prepares', 'docker plays']);
});

test('where Docker cannot run the embedded engine is taken, and it is said why', async () => {
  const log: string[] = [];
  const notes: string[] = [];
  const refusal = new HarnessError(3, { what: 'No Docker engine answers.' });
  const engine = autoEngine(noting('docker', log, refusal), noting('native', log));
  const facts = await engine.prepare({
    ...assignment,
    onProgress: (progress) => progress.kind === 'note' && notes.push(progress.text),
  });
  expect(facts).toMatchObject({
    name: 'native',
    summary: expect.stringContaining('taken because: No Docker engine answers'),
  });
  expect(notes).toMatchObject([expect.stringContaining('the embedded engine plays')]);
  await engine.play(assignment);
  expect(log).toEqual(['docker prepares', 'native prepares', 'native plays']);
});

test('any other failure is no reason to take the other engine', async () => {
  const engine = autoEngine(noting('docker', [], new TypeError('a fault of ours')), noting('native', []));
  await expect(engine.prepare(assignment)).rejects.toThrow('a fault of ours');
  const usage = autoEngine(
    noting('docker', [], new HarnessError(2, { what: 'no such image name' })),
    noting('native', []),
  );
  await expect(usage.prepare(assignment)).rejects.toThrow('no such image name');
});

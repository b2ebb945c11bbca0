import { expect, test } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import type { Ability, EngineKind, EngineWishes } from '../engines/engine-kind.ts';
import { eventStream } from '../engines/event-stream.ts';
import { caughtError } from '../testing/thrown-error.ts';
import { chooseEngine, type EngineChoice, wishesOf } from './choose-engine.ts';

const preparation = { signal: new AbortController().signal, onMessage: () => {} };
let loaded: string[] = [];

function kind(name: 'docker' | 'native', ...abilities: Ability[]): EngineKind {
  const engine: Engine = {
    inspect: async () => ({ name, summary: name }),
    prepare: async () => ({
      facts: { name, summary: name },
      recordsLive: true,
      play: () => eventStream(async () => {}),
    }),
  };
  return {
    name,
    title: `the ${name} engine`,
    abilities: new Set(abilities),
    async load() {
      loaded.push(name);
      return engine;
    },
  };
}
const KINDS = [kind('docker', 'image'), kind('native', 'headers', 'certificates', 'data', 'trace')];

test.each<[EngineChoice, EngineWishes, string]>([
  ['auto', {}, 'docker'],
  ['docker', {}, 'docker'],
  ['native', {}, 'native'],
  ['auto', { headersFor: ['mine'] }, 'native'],
  ['auto', { dataFolder: '/data' }, 'native'],
  ['auto', { verifyCertificates: true }, 'native'],
  ['auto', { verifyCertificates: true, image: 'x' }, 'docker'],
  ['auto', { image: 'x' }, 'docker'],
  ['docker', { verifyCertificates: true }, 'docker'],
])('"%s" with %j chooses %s', async (choice, wishes, name) => {
  expect((await chooseEngine(KINDS, choice, wishes).prepare(preparation)).facts.name).toBe(name);
});

test.each<[EngineChoice, EngineWishes, RegExp]>([
  ['docker', { headersFor: ['a', 'b'] }, /The docker engine cannot send your own header fields \(to a, b\)/],
  ['docker', { onTrace: () => {} }, /--trace/],
  ['native', { image: 'x' }, /The native engine cannot run a container image/],
  ['auto', { image: 'x', onTrace: () => {} }, /cannot/],
])('"%s" refuses a wish that the engine cannot fulfil: %#', (choice, wishes, what) => {
  const { exitCode, problem } = caughtError(() => chooseEngine(KINDS, choice, wishes));
  expect([exitCode, problem.what]).toEqual([2, expect.stringMatching(what)]);
  const isPossible = choice !== 'auto';
  expect(problem.todo?.includes(choice === 'docker' ? '--engine native' : '--engine docker')).toBe(isPossible);
});

test('refuses an engine that the suite does not have, and lists the engines of the suite', () => {
  const { exitCode, problem } = caughtError(() => chooseEngine([kind('native')], 'docker'));
  expect([exitCode, problem.why]).toEqual([2, 'The engines of the suite are native.']);
});

test('loads an engine once, at its first use', async () => {
  loaded = [];
  const engine = chooseEngine(KINDS, 'native');
  expect(loaded).toEqual([]);
  await engine.inspect(preparation);
  await engine.prepare(preparation);
  expect(loaded).toEqual(['native']);
});

test('wishesOf takes the wishes from the configuration of the servers', () => {
  const server = { name: 'a', agent: 'a', path: '/', cwd: '/', env: {} };
  expect(wishesOf([server])).toEqual({ headersFor: [], verifyCertificates: false });
  expect(wishesOf([{ ...server, headers: { x: 'y' }, caFile: '/ca.pem' }])).toEqual({
    headersFor: ['a'],
    verifyCertificates: true,
  });
});

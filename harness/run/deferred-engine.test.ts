import { expect, test } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { deferredEngine } from './deferred-engine.ts';

const signal = new AbortController().signal;
const engine: Engine = {
  prepare: async () => ({ name: 'native', summary: 'loaded late' }),
  play: async () => ({ jobs: 3 }),
};
const assignment = {
  cases: ['1.1.1'],
  url: 'ws://127.0.0.1:1/',
  agent: 'a',
  folder: '.',
  signal,
  onProgress: () => {},
};

test('an engine is loaded when it is first asked for something, and once', async () => {
  let loads = 0;
  const late = deferredEngine(async () => {
    loads++;
    return engine;
  });
  expect(loads).toBe(0);
  expect(await late.prepare({ signal, onProgress: () => {} })).toEqual({ name: 'native', summary: 'loaded late' });
  expect(await late.play(assignment)).toEqual({ jobs: 3 });
  expect(loads).toBe(1);
});

test('what keeps it from being loaded is told to whoever asks', async () => {
  const late = deferredEngine(async () => {
    throw new Error('no such module');
  });
  await expect(late.play(assignment)).rejects.toThrow('no such module');
});

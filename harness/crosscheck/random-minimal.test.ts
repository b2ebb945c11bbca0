import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nativeEngine } from '../engines/native/engine.ts';
import { factsOf } from './disagreements.ts';
import { type RandomServers, startRandomServers } from './random/server.ts';
import { nativePlayer } from './random-players.ts';
import { minimalServers } from './random-testing.ts';

/**
 * Factor for all waits of the engine and the servers. The waits are longer than usual, because other tests run at the
 * same time.
 */
const SECOND = 3;

describe('the embedded engine gives the facts of the real suite, recorded from Autobahn 25.10.1', () => {
  let listener: RandomServers;
  beforeAll(async () => {
    listener = await startRandomServers(SECOND);
  });
  afterAll(() => listener.close());

  test.concurrent.each(minimalServers)('for $about', async ({ about, case: id, faults, facts }) => {
    const { signal } = new AbortController();
    const engine = await nativeEngine({ timeouts: { second: SECOND } }).prepare({ signal, onMessage: () => undefined });
    const name = `minimal-${minimalServers.findIndex((server) => server.about === about)}`;
    const played = await nativePlayer(listener, engine, signal)([{ name, faults, cases: [id] }], 1);
    const detail = played.get(name)?.get(id);
    expect(detail && factsOf(detail)).toEqual(facts);
  });
});

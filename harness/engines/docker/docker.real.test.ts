import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { HarnessError } from '../../support/harness-error.ts';
import { type FolderAssignment, folderPlayer } from '../../testing/folder-player.ts';
import type { PlayEvent } from '../engine.ts';
import { connect } from './connect.ts';
import { dockerEngine } from './index.ts';
import { LABEL, ownLabels } from './labels.ts';
import { describeWithDocker, leftovers } from './testing.ts';

/**
 * Returns a generator of random numbers from 0 to 1 that repeats for the same seed (a linear congruential generator).
 */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

await describeWithDocker('the Docker engine with a real Docker daemon', () => {
  let server: WebSocketServer;
  let url: string;
  let folder: string;
  let events: PlayEvent[];

  beforeAll(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true });
    server.on('connection', (socket) => {
      socket.on('error', () => undefined);
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    url = `ws://127.0.0.1:${address.port}/`;
  });
  afterAll(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ws-conformance-test-'));
    events = [];
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
    expect(await leftovers()).toEqual([]);
  });

  function assignment(cases: string[], more: Partial<FolderAssignment> = {}): FolderAssignment {
    return {
      cases,
      url,
      agent: 'ws',
      folder,
      jobs: 1,
      signal: new AbortController().signal,
      onEvent: (event) => events.push(event),
      ...more,
    };
  }
  const preparation = { signal: new AbortController().signal, onMessage: () => {} };
  async function index(): Promise<Record<string, Record<string, { behavior: string; reportfile: string }>>> {
    return JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  }
  async function failure(playing: Promise<unknown>): Promise<HarnessError> {
    const error = await playing.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof HarnessError)) throw new Error(`not a HarnessError: ${String(error)}`, { cause: error });
    return error;
  }
  /**
   * Returns a promise and an `onEvent` callback. The promise resolves when case `id` has started. The test must pass
   * the callback to the engine with the cases to play.
   */
  function onceStarted(id: string): [Promise<unknown>, Partial<FolderAssignment>] {
    let resolveStarted: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      resolveStarted = resolve;
    });
    const onEvent = (event: PlayEvent) => {
      events.push(event);
      if (event.kind === 'started' && event.id === id) resolveStarted();
    };
    return [started, { onEvent }];
  }

  it('plays the given cases and reports the start and the end of each', async () => {
    const facts = await folderPlayer(dockerEngine()).prepare(preparation);
    expect(facts).toMatchObject({ name: 'docker', suiteVersion: '25.10.1' });
    await folderPlayer(dockerEngine()).play(assignment(['1.1.1', '2.1', '7.1.1']));
    const cases = (await index()).ws ?? {};
    expect(Object.keys(cases).sort()).toEqual(['1.1.1', '2.1', '7.1.1']);
    expect(Object.values(cases).map(({ behavior }) => behavior)).toEqual(['OK', 'OK', 'OK']);
    const files = (await readdir(folder)).filter((name) => name !== 'index.json').sort();
    expect(files).toEqual(
      Object.values(cases)
        .map(({ reportfile }) => reportfile)
        .sort(),
    );
    expect(
      events.flatMap((event) =>
        event.kind === 'started' || event.kind === 'ended' ? [`${event.id} ${event.kind}`] : [],
      ),
    ).toEqual(['1.1.1', '2.1', '7.1.1'].flatMap((id) => [`${id} started`, `${id} ended`]));
  });

  it('joins the results of two containers, with an agent name that wstest cannot write', async () => {
    const agent = 'Ünï "$&" /…';
    await folderPlayer(dockerEngine()).play(assignment(['1.1.1', '1.1.2', '2.1', '7.1.1'], { jobs: 2, agent }));
    const results = await index();
    expect(Object.keys(results)).toEqual([agent]);
    expect(Object.keys(results[agent] ?? {}).sort()).toEqual(['1.1.1', '1.1.2', '2.1', '7.1.1']);
    for (const { reportfile } of Object.values(results[agent] ?? {})) {
      expect(JSON.parse(await readFile(join(folder, reportfile), 'utf8')).agent).toBe(agent);
    }
  });

  it('names the case that was being played if its container is killed from outside', async () => {
    const [started, more] = onceStarted('6.4.1');
    const playing = failure(folderPlayer(dockerEngine()).play(assignment(['1.1.1', '6.4.1', '6.4.2', '6.4.3'], more)));
    await started;
    const { docker } = await connect(process.env, AbortSignal.timeout(5_000));
    const label = [LABEL.run, `${LABEL.pid}=${process.pid}`];
    const [running] = await docker.listContainers({ filters: { label } });
    await docker.getContainer(running?.Id ?? '').kill();
    const { exitCode, problem } = await playing;
    expect(exitCode).toBe(3);
    expect(problem).toMatchObject({ case: '6.4.1', what: expect.stringContaining('killed by signal 9') });
    expect(problem.tail?.join('\n')).toContain('Running test case ID 6.4.1');
  });

  it('distinguishes a container without memory from a killed container', async () => {
    const { problem } = await failure(
      folderPlayer(dockerEngine({ memoryBytes: 64 * 1_048_576 })).play(assignment(['9.1.6', '9.2.6'])),
    );
    expect(problem.what).toContain('out of memory');
    expect(problem.case).toBe('9.1.6');
  });

  it('keeps the results of finished containers if another container fails, and ends the others', async () => {
    const [started, more] = onceStarted('6.4.1');
    const weights = (id: string) => (id === '1.1.1' ? 3 : 1);
    const cases = ['1.1.1', '6.4.1', '6.4.2', '6.4.3'];
    const playing = failure(
      folderPlayer(dockerEngine({ weigh: weights })).play(assignment(cases, { ...more, jobs: 2, timeoutSeconds: 6 })),
    );
    await started;
    const { problem } = await playing;
    expect(problem).toMatchObject({ what: expect.stringContaining('did not end within 6 s') });
    expect(problem.case).toMatch(/^6\.4\./);
    expect(Object.keys((await index()).ws ?? {})).toEqual(['1.1.1']);
  });

  it('fails without results if the server is unreachable', async () => {
    const { exitCode, problem } = await failure(
      folderPlayer(dockerEngine()).play(assignment(['1.1.1'], { url: 'ws://127.0.0.1:9/' })),
    );
    expect(exitCode).toBe(3);
    expect(problem.what).toContain('unreachable');
    expect(problem.why).toContain('host-gateway');
    expect(await readdir(folder)).toEqual([]);
  });

  it('removes, at the next start, the containers of a process that was killed by SIGKILL', async () => {
    const { docker } = await connect(process.env, AbortSignal.timeout(5_000));
    const facts = await folderPlayer(dockerEngine()).prepare(preparation);
    // The largest pid of Linux is 2^22. No process has this pid, so the container looks as if its owner was killed.
    const Labels = { ...ownLabels('dead-owner'), [LABEL.pid]: String(2 ** 22 + 1) };
    const orphan = await docker.createContainer({ Image: facts.image ?? '', Cmd: ['sleep', '60'], Labels });
    await orphan.start();
    await folderPlayer(dockerEngine()).prepare(preparation);
    await expect(orphan.inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  it('leaves no container after an abort at any time', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    process.stdout.write(`aborts: SEED=${seed}\n`);
    const random = seeded(seed);
    const engine = folderPlayer(dockerEngine());
    for (let turn = 0; turn < 20; turn += 1) {
      const stop = new AbortController();
      const reason = new Error(`stop ${turn}`);
      const after = Math.floor(random() * 2_500);
      const timer = setTimeout(() => stop.abort(reason), after);
      const inner = await mkdtemp(join(folder, 'turn-'));
      const playing = engine.play(
        assignment(['6.4.1', '6.4.2', '6.4.3', '6.4.4'], { signal: stop.signal, jobs: 2, folder: inner }),
      );
      let aborted = 0;
      stop.signal.addEventListener('abort', () => {
        aborted = performance.now();
      });
      await expect(playing, `turn ${turn}, after ${after} ms`).rejects.toBe(reason);
      clearTimeout(timer);
      expect(performance.now() - aborted).toBeLessThan(6_000);
      expect(await leftovers(), `turn ${turn}, after ${after} ms`).toEqual([]);
    }
  });
});

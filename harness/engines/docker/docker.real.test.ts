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

/** A generator of numbers in [0, 1) that gives the same ones for the same seed (a linear congruence). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

await describeWithDocker('the Docker engine with a real engine', () => {
  let server: WebSocketServer;
  let url: string;
  let folder: string;
  let notes: PlayEvent[];

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
    notes = [];
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
      onEvent: (event) => notes.push(event),
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
  /** Resolves when the log tells that a case has begun. */
  function onceStarted(id: string): [Promise<unknown>, Partial<FolderAssignment>] {
    let begun: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const onEvent = (event: PlayEvent) => {
      notes.push(event);
      if (event.kind === 'started' && event.id === id) begun();
    };
    return [started, { onEvent }];
  }

  it('plays exactly the cases it is given and tells of each', async () => {
    const facts = await folderPlayer(dockerEngine()).prepare(preparation);
    expect(facts).toMatchObject({ name: 'docker', suiteVersion: '25.10.1' });
    await folderPlayer(dockerEngine()).play(assignment(['1.1.1', '2.1', '7.1.1']));
    const cases = (await index()).ws ?? {};
    expect(Object.keys(cases).sort()).toEqual(['1.1.1', '2.1', '7.1.1']);
    expect(Object.values(cases).map((each) => each.behavior)).toEqual(['OK', 'OK', 'OK']);
    const files = (await readdir(folder)).filter((name) => name !== 'index.json').sort();
    expect(files).toEqual(
      Object.values(cases)
        .map((each) => each.reportfile)
        .sort(),
    );
    expect(
      notes.flatMap((note) => (note.kind === 'started' || note.kind === 'ended' ? [`${note.id} ${note.kind}`] : [])),
    ).toEqual(['1.1.1', '2.1', '7.1.1'].flatMap((id) => [`${id} started`, `${id} ended`]));
  });

  it('brings the results of two containers together, under a name wstest itself could not write', async () => {
    const agent = 'Ünï "$&" /…';
    await folderPlayer(dockerEngine()).play(assignment(['1.1.1', '1.1.2', '2.1', '7.1.1'], { jobs: 2, agent }));
    const left = await index();
    expect(Object.keys(left)).toEqual([agent]);
    expect(Object.keys(left[agent] ?? {}).sort()).toEqual(['1.1.1', '1.1.2', '2.1', '7.1.1']);
    for (const { reportfile } of Object.values(left[agent] ?? {})) {
      expect(JSON.parse(await readFile(join(folder, reportfile), 'utf8')).agent).toBe(agent);
    }
  });

  it('names the case in flight when its container is killed from outside', async () => {
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

  it('tells out of memory from killed', async () => {
    const { problem } = await failure(
      folderPlayer(dockerEngine({ memoryBytes: 64 * 1_048_576 })).play(assignment(['9.1.6', '9.2.6'])),
    );
    expect(problem.what).toContain('out of memory');
    expect(problem.case).toBe('9.1.6');
  });

  it('keeps what another container has finished when one fails, and ends the rest', async () => {
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

  it('says that the target is unreachable instead of failing its cases', async () => {
    const { exitCode, problem } = await failure(
      folderPlayer(dockerEngine()).play(assignment(['1.1.1'], { url: 'ws://127.0.0.1:9/' })),
    );
    expect(exitCode).toBe(3);
    expect(problem.what).toContain('unreachable');
    expect(problem.why).toContain('host-gateway');
    expect(await readdir(folder)).toEqual([]);
  });

  it('removes at the next start what a harness killed by SIGKILL has left running', async () => {
    const { docker } = await connect(process.env, AbortSignal.timeout(5_000));
    const facts = await folderPlayer(dockerEngine()).prepare(preparation);
    // 2^22 is the largest pid Linux gives out: this owner is dead.
    const Labels = { ...ownLabels('dead-owner'), [LABEL.pid]: String(2 ** 22 + 1) };
    const orphan = await docker.createContainer({ Image: facts.image ?? '', Cmd: ['sleep', '60'], Labels });
    await orphan.start();
    await folderPlayer(dockerEngine()).prepare(preparation);
    await expect(orphan.inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  it('leaves nothing at an abort, whenever it comes', async () => {
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

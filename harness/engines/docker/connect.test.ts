import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, explainFailure, findDaemon } from './connect.ts';
import { findImage, follow, PINNED_IMAGE } from './image.ts';

const neverAborted = new AbortController().signal;
let folder: string;
let socket: string;
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ws-conformance-test-'));
  socket = join(folder, 'docker.sock');
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(folder, { recursive: true, force: true });
});

async function listening(server: Server): Promise<void> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
}
const env = () => ({ DOCKER_HOST: `unix://${socket}` });

/** Starts a fake Docker daemon. `answers` maps the end of a request's path to the status and body of the response. */
async function fakeDaemon(answers: Record<string, [number, string]>): Promise<void> {
  const server = createHttp((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const found = Object.entries(answers).find(([end]) => path.endsWith(end));
    const [status, body] = found?.[1] ?? [404, '{"message":"no such thing"}'];
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await listening(server);
}
const WORKING: Record<string, [number, string]> = {
  '/_ping': [200, 'OK'],
  '/version': [200, '{"Version":"28.0.0","Arch":"amd64"}'],
};

describe('connect', () => {
  async function expectFailure(reason: RegExp): Promise<void> {
    const started = performance.now();
    const error = await connect(env(), neverAborted).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(error).toMatchObject({ exitCode: 3, problem: { where: socket, why: expect.stringMatching(reason) } });
    expect(error).toHaveProperty('problem.what', expect.stringContaining(socket));
    expect(error).toHaveProperty(
      'problem.todo',
      expect.stringMatching(/npm run engine.*DOCKER_HOST.*--engine native/s),
    );
  }

  it('fails if the socket does not exist', () => expectFailure(/ENOENT/));

  it('fails if no process listens on the socket', async () => {
    // A server that closes normally removes the file of its socket. A killed server leaves the file behind, which is
    // needed here.
    const program = 'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))';
    spawnSync(process.execPath, ['-e', program, socket]);
    await expectFailure(/ECONNREFUSED/);
  });

  it.skipIf(process.getuid?.() === 0)('fails if this user has no permission to use the socket', async () => {
    await listening(createServer(() => undefined));
    await chmod(socket, 0);
    await expectFailure(/EACCES/);
  });

  it('explains every usual error', () => {
    const explain = (code: string) => explainFailure(Object.assign(new Error(`connect ${code}`), { code }));
    expect(explain('EACCES')).toContain('group docker');
    expect(explain('ENOENT')).toContain('not installed or not running');
    expect(explain('ECONNREFUSED')).toContain('stopped');
    expect(explain('ENOTFOUND')).toBe('connect ENOTFOUND');
  });

  it('fails within 3 s if a daemon accepts the connection and never answers', async () => {
    await listening(createServer(() => undefined));
    await expectFailure(/did not answer within 3 s/);
  });

  it('reports the response of a proxy in place of the daemon', async () => {
    await fakeDaemon({ '/_ping': [503, '{"message":"bad gateway"}'] });
    await expectFailure(/503|bad gateway/);
  });

  it('rejects with the reason of the signal if it is aborted', async () => {
    await listening(createServer(() => undefined));
    const stop = new AbortController();
    const connecting = connect(env(), stop.signal);
    stop.abort(new Error('stopped'));
    await expect(connecting).rejects.toThrow('stopped');
  });

  it('returns address, architecture and version of the daemon', async () => {
    await fakeDaemon(WORKING);
    expect(await connect(env(), neverAborted)).toMatchObject({
      address: socket,
      architecture: 'amd64',
      version: '28.0.0',
    });
  });

  it('parses unix and tcp addresses, and leaves TLS and ssh to dockerode', () => {
    expect(findDaemon({ DOCKER_HOST: 'tcp://[::1]:2375' }).options).toMatchObject({ host: '::1', port: 2375 });
    expect(findDaemon({ DOCKER_HOST: 'tcp://h:2376' }).options).toBeUndefined();
    expect(findDaemon({ DOCKER_HOST: 'ssh://u@h' })).toEqual({ name: 'ssh://u@h', options: undefined });
  });
});

describe('findImage', () => {
  const finding = async (wanted?: string) => {
    const { docker, architecture } = await connect(env(), neverAborted);
    return findImage({ docker, architecture, wanted, signal: neverAborted, onMessage: () => undefined });
  };

  it('fails if the stream of a pull reports an error after status 200', async () => {
    const stream = '{"status":"Pulling"}\n{"errorDetail":{"message":"no route"},"error":"no route to registry"}\n';
    await fakeDaemon({ ...WORKING, '/images/create': [200, stream] });
    await expect(finding()).rejects.toMatchObject({
      exitCode: 3,
      problem: {
        where: PINNED_IMAGE,
        why: expect.stringContaining('no route to registry'),
        todo: expect.stringContaining('npm run image'),
      },
    });
  });

  it('fails if a pull succeeds and the image still does not exist', async () => {
    await fakeDaemon({ ...WORKING, '/images/create': [200, '{"status":"Done"}\n'] });
    await expect(finding('x:1')).rejects.toMatchObject({ exitCode: 3, problem: { where: 'x:1' } });
  });

  it('refuses to pull an image for another architecture', async () => {
    await fakeDaemon({ ...WORKING, '/version': [200, '{"Version":"1","Arch":"arm64"}'] });
    await expect(finding()).rejects.toMatchObject({
      exitCode: 3,
      problem: { what: expect.stringContaining('for amd64'), todo: expect.stringContaining('npm run image') },
    });
  });

  it('uses the image that was named, and does not pull an image that exists', async () => {
    await fakeDaemon({ ...WORKING, '/images/x:1/json': [200, '{"Id":"sha256:1","Architecture":"amd64"}'] });
    expect(await finding('x:1')).toMatchObject({ name: 'x:1', id: 'sha256:1' });
  });
});

it('reports every tenth of a pull, and fails if the last line is cut short', async () => {
  const onMessage = vi.fn();
  async function* lines(...texts: string[]) {
    yield* texts;
  }
  const at = (current: number) =>
    JSON.stringify({ status: 'Downloading', id: 'a', progressDetail: { current, total: 104_857_600 } });
  await follow(lines(at(0), at(1), at(20_971_520), '', at(20_971_521)), onMessage);
  expect(onMessage.mock.calls.map(([message]) => message.text)).toEqual([
    'pulling: 0 of 100 MiB',
    'pulling: 20 of 100 MiB',
  ]);
  await expect(follow(lines('{"stat'), onMessage)).rejects.toThrow();
});

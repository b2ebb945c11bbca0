import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, findDaemon, whyNot } from './connect.ts';
import { findImage, follow, PINNED_IMAGE } from './image.ts';

const never = new AbortController().signal;
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

/** A daemon that answers what it is told, by the end of the path. */
async function fakeDaemon(answers: Record<string, [number, string]>): Promise<void> {
  const server = createHttp((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const found = Object.entries(answers).find(([end]) => path.endsWith(end));
    const [status, body] = found?.[1] ?? [404, '{"message":"no such thing"}'];
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await listening(server);
}
const WELL: Record<string, [number, string]> = {
  '/_ping': [200, 'OK'],
  '/version': [200, '{"Version":"28.0.0","Arch":"amd64"}'],
};

describe('connect', () => {
  async function expectTrouble(reason: RegExp): Promise<void> {
    const began = performance.now();
    const error = await connect(env(), never).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(error).toMatchObject({ exitCode: 3, problem: { where: socket, why: expect.stringMatching(reason) } });
    expect(error).toHaveProperty('problem.what', expect.stringContaining(socket));
    expect(error).toHaveProperty(
      'problem.todo',
      expect.stringMatching(/npm run engine.*DOCKER_HOST.*--engine native/s),
    );
  }

  it('says that there is no socket', () => expectTrouble(/ENOENT/));

  it('says that nobody listens', async () => {
    // A server that closes takes its socket's file along, one that is killed leaves it.
    const program = 'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))';
    spawnSync(process.execPath, ['-e', program, socket]);
    await expectTrouble(/ECONNREFUSED/);
  });

  it.skipIf(process.getuid?.() === 0)('says that the socket is not ours to use', async () => {
    await listening(createServer(() => undefined));
    await chmod(socket, 0);
    await expectTrouble(/EACCES/);
  });

  it('has words for every usual reason', () => {
    const saying = (code: string) => whyNot(Object.assign(new Error(`connect ${code}`), { code }));
    expect(saying('EACCES')).toContain('group docker');
    expect(saying('ENOENT')).toContain('not installed or not running');
    expect(saying('ECONNREFUSED')).toContain('stopped');
    expect(saying('ENOTFOUND')).toBe('connect ENOTFOUND');
  });

  it('says that somebody accepts and never answers', async () => {
    await listening(createServer(() => undefined));
    await expectTrouble(/did not answer within 3 s/);
  });

  it('says what a proxy in its place says', async () => {
    await fakeDaemon({ '/_ping': [503, '{"message":"bad gateway"}'] });
    await expectTrouble(/503|bad gateway/);
  });

  it('rejects with the reason of an abort', async () => {
    await listening(createServer(() => undefined));
    const stop = new AbortController();
    const connecting = connect(env(), stop.signal);
    stop.abort(new Error('stopped'));
    await expect(connecting).rejects.toThrow('stopped');
  });

  it('names daemon and architecture when one answers', async () => {
    await fakeDaemon(WELL);
    expect(await connect(env(), never)).toMatchObject({ address: socket, architecture: 'amd64', version: '28.0.0' });
  });

  it('reads unix and tcp addresses itself and leaves TLS to dockerode', () => {
    expect(findDaemon({ DOCKER_HOST: 'tcp://[::1]:2375' }).options).toMatchObject({ host: '::1', port: 2375 });
    expect(findDaemon({ DOCKER_HOST: 'tcp://h:2376' }).options).toBeUndefined();
    expect(findDaemon({ DOCKER_HOST: 'ssh://u@h' })).toEqual({ name: 'ssh://u@h', options: undefined });
  });
});

describe('findImage', () => {
  const finding = async (wanted?: string) => {
    const { docker, architecture } = await connect(env(), never);
    return findImage({ docker, architecture, wanted, signal: never, onMessage: () => undefined });
  };

  it('takes an error in the pull’s stream for what it is, though the answer was 200', async () => {
    const stream = '{"status":"Pulling"}\n{"errorDetail":{"message":"no route"},"error":"no route to registry"}\n';
    await fakeDaemon({ ...WELL, '/images/create': [200, stream] });
    await expect(finding()).rejects.toMatchObject({
      exitCode: 3,
      problem: {
        where: PINNED_IMAGE,
        why: expect.stringContaining('no route to registry'),
        todo: expect.stringContaining('npm run image'),
      },
    });
  });

  it('does not believe a pull that ends well and leaves no image', async () => {
    await fakeDaemon({ ...WELL, '/images/create': [200, '{"status":"Done"}\n'] });
    await expect(finding('x:1')).rejects.toMatchObject({ exitCode: 3, problem: { where: 'x:1' } });
  });

  it('refuses an image for another processor, and pulls none', async () => {
    await fakeDaemon({ ...WELL, '/version': [200, '{"Version":"1","Arch":"arm64"}'] });
    await expect(finding()).rejects.toMatchObject({
      exitCode: 3,
      problem: { what: expect.stringContaining('for amd64'), todo: expect.stringContaining('npm run image') },
    });
  });

  it('takes the image it is told to, and only looks when it is here', async () => {
    await fakeDaemon({ ...WELL, '/images/x:1/json': [200, '{"Id":"sha256:1","Architecture":"amd64"}'] });
    expect(await finding('x:1')).toMatchObject({ name: 'x:1', id: 'sha256:1' });
  });
});

it('follows a pull in tenths and fails on a line cut short', async () => {
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

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { HarnessError } from '../../support/harness-error.ts';
import { orAborted } from './abort.ts';
import { saying } from './api.ts';

/** How long the daemon has to answer both questions (ping, version) before it counts as not there. */
const ANSWER_WITHIN_MS = 3_000;

/** The remedies of every failure to reach a daemon: three, so that one of them fits any machine. */
const REMEDIES = [
  'start the engine (Debian as root: `npm run engine`; else Docker Desktop or `systemctl start docker`)',
  'point DOCKER_HOST at an engine that runs, for example DOCKER_HOST=unix:///run/user/1000/docker.sock',
  'or do without Docker: `--engine native`',
].join('; ');

/** A daemon's address: as dockerode wants it, and as people know it. */
interface Address {
  readonly name: string;
  readonly options: Docker.DockerOptions | undefined;
}

/** A daemon that answered. `architecture` in Docker's words: `amd64`, `arm64`. */
export interface DaemonConnection {
  readonly docker: Docker;
  readonly address: string;
  readonly architecture: string;
  readonly version: string;
}

/**
 * Where the daemon should be: DOCKER_HOST, else the first default socket there is. Plain unix and tcp addresses are
 * read here; TLS, ssh and named pipes are left to dockerode, which reads DOCKER_CERT_PATH and its like itself.
 */
export function findDaemon(env: Readonly<Record<string, string | undefined>>): Address {
  const host = env.DOCKER_HOST;
  if (host === undefined || host === '') {
    const sockets = ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')];
    const socketPath = sockets.find((path) => existsSync(path)) ?? '/var/run/docker.sock';
    return process.platform === 'win32'
      ? { name: '//./pipe/docker_engine', options: undefined }
      : { name: socketPath, options: { socketPath } };
  }
  if (host.startsWith('unix://')) {
    return { name: host.slice('unix://'.length), options: { socketPath: host.slice('unix://'.length) } };
  }
  const tcp = /^tcp:\/\/(\[[^\]]+\]|[^:/]+):(\d+)\/?$/.exec(host);
  if (tcp?.[1] !== undefined && tcp[2] !== undefined && env.DOCKER_TLS_VERIFY !== '1' && tcp[2] !== '2376') {
    const name = tcp[1].replace(/^\[|\]$/g, '');
    return { name: host, options: { host: name, port: Number(tcp[2]), protocol: 'http' } };
  }
  return { name: host, options: undefined };
}

/**
 * Finds the daemon and asks its name. Throws HarnessError(3) within 3 s when nothing usable answers: no socket, no right to
 * use it, nobody behind it, or somebody who accepts and then says nothing.
 */
export async function connect(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<DaemonConnection> {
  signal.throwIfAborted();
  const address = findDaemon(env);
  const deadline = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const either = AbortSignal.any([signal, deadline]);
  try {
    // The limit is on this asking alone: later requests, such as waiting for a container's end, may take an hour. It
    // also closes the socket to a daemon that accepts and never answers, which would else keep this process alive.
    const asking = new Docker({ ...address.options, timeout: ANSWER_WITHIN_MS });
    await orAborted(either, asking.ping());
    const version = await orAborted(either, asking.version());
    const docker = new Docker(address.options);
    return { docker, address: address.name, architecture: version.Arch, version: version.Version };
  } catch (error) {
    signal.throwIfAborted();
    throw new HarnessError(
      3,
      {
        what: `no Docker engine answers at ${address.name}`,
        where: address.name,
        why: deadline.aborted ? `it did not answer within ${ANSWER_WITHIN_MS / 1000} s` : whyNot(error),
        todo: REMEDIES,
      },
      { cause: error },
    );
  }
}

/** The usual reasons in words; whatever else it was in its own. */
export function whyNot(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'there is no such socket (ENOENT): the engine is not installed or not running';
    case 'EACCES':
    case 'EPERM':
      return `this user may not use the socket (${code}): run as root or join the group docker`;
    case 'ECONNREFUSED':
      return 'nobody listens there (ECONNREFUSED): the engine has stopped';
    default:
      return saying(error);
  }
}

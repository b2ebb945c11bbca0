import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { HarnessError } from '../../support/harness-error.ts';
import { orAborted } from './abort.ts';
import { messageOf } from './api.ts';

/** Milliseconds that the Docker daemon may take to answer both requests (ping and version). */
const ANSWER_WITHIN_MS = 3_000;

/**
 * Remedies for a user whose Docker daemon cannot be reached. On every machine, at least one of these remedies is possible.
 */
const REMEDIES = [
  'start the daemon (Debian as root: `npm run engine`; else Docker Desktop or `systemctl start docker`)',
  'point DOCKER_HOST at an engine that runs, for example DOCKER_HOST=unix:///run/user/1000/docker.sock',
  'or do without Docker: `--engine native`',
].join('; ');

/**
 * The address of a Docker daemon. `name` is shown in messages. `options` are for the Docker client dockerode; undefined
 * means dockerode's own defaults.
 */
interface Address {
  readonly name: string;
  readonly options: Docker.DockerOptions | undefined;
}

/**
 * A Docker daemon that has answered. `architecture`: architecture of its machine in Docker's words, such as `amd64`.
 */
export interface DaemonConnection {
  readonly docker: Docker;
  readonly address: string;
  readonly architecture: string;
  readonly version: string;
}

/**
 * Returns the address of the Docker daemon: the variable DOCKER_HOST, or the first default socket that exists. Only
 * plain `unix:` and `tcp:` addresses are parsed here. For TLS, ssh and named pipes, the Docker client dockerode reads
 * DOCKER_HOST and the related variables itself.
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
 * Connects to the Docker daemon and asks for its version. Throws HarnessError with exit code 3 if no daemon answers
 * within 3 s. Possible reasons: the socket does not exist, this user may not use it, no process listens, or the
 * listening process does not answer.
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
    // The timeout applies to the ping and version requests only. Other requests, such as waiting for the end of a
    // container, can take an hour. The timeout also closes the socket of a daemon that never answers, because an open
    // socket keeps this process running.
    const impatient = new Docker({ ...address.options, timeout: ANSWER_WITHIN_MS });
    await orAborted(either, impatient.ping());
    const version = await orAborted(either, impatient.version());
    const docker = new Docker(address.options);
    return { docker, address: address.name, architecture: version.Arch, version: version.Version };
  } catch (error) {
    signal.throwIfAborted();
    throw new HarnessError(
      3,
      {
        what: `no Docker daemon answers at ${address.name}`,
        where: address.name,
        why: deadline.aborted ? `it did not answer within ${ANSWER_WITHIN_MS / 1000} s` : explainFailure(error),
        todo: REMEDIES,
      },
      { cause: error },
    );
  }
}

/**
 * Explains in words why the Docker daemon could not be reached. For an error that this function does not know, returns
 * the error's own message.
 */
export function explainFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'the socket does not exist (ENOENT): the engine is not installed or not running';
    case 'EACCES':
    case 'EPERM':
      return `this user has no permission to use the socket (${code}): run as root or join the group docker`;
    case 'ECONNREFUSED':
      return 'no process listens on the socket (ECONNREFUSED): the engine has stopped';
    default:
      return messageOf(error);
  }
}

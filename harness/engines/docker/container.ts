import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { orAborted, withTimeout } from './abort.ts';
import { asReadable } from './api.ts';
import { remove } from './clean.ts';
import { LogReader } from './log.ts';
import type { Network } from './network.ts';

/** The settings with which a container is created. */
export interface Recipe {
  /** A unique name. With it, the container can be removed even if the daemon's response to its creation is lost. */
  readonly name: string;
  readonly imageId: string;
  readonly command: readonly string[];
  readonly labels: Record<string, string>;
  readonly network: Network;
  /** Memory limit of the container in bytes; undefined for the limit of the Docker daemon. */
  readonly memoryBytes?: number | undefined;
}

/** How a container ended: part of Docker's `State` of the container, read before the container is removed. */
export interface ContainerEnd {
  readonly exitCode: number;
  readonly oomKilled: boolean;
}

/**
 * Empty proxy variables for the container. They override the proxy settings of the image and of the daemon, because the
 * suite must connect to the tested server directly.
 */
const WITHOUT_PROXY = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'ALL_PROXY'].flatMap((name) => [
  `${name}=`,
  `${name.toLowerCase()}=`,
]);

/** Milliseconds to wait for the last output after the container has ended. */
const LAST_LINES_MS = 2_000;
/**
 * Milliseconds that the creation of a container may still take after an abort. Then the container is removed by its
 * name.
 */
const CREATION_MS = 1_500;

/**
 * Creates a container, calls `use` with it, and always removes the container at the end, even after an error. Docker's
 * AutoRemove is not used, because it also deletes the state that shows whether the container ran out of memory. Rejects
 * with the signal's reason after an abort.
 */
export async function withContainer<T>(
  docker: Docker,
  recipe: Recipe,
  signal: AbortSignal,
  use: (container: Docker.Container) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const creation = docker.createContainer({
    name: recipe.name,
    Image: recipe.imageId,
    Cmd: [...recipe.command],
    Entrypoint: [],
    Env: ['PYTHONUNBUFFERED=1', ...WITHOUT_PROXY],
    Labels: recipe.labels,
    Tty: false,
    HostConfig: {
      NetworkMode: recipe.network.mode,
      ExtraHosts: [...recipe.network.extraHosts],
      AutoRemove: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      // The harness reads the output while the container runs. The limits keep the daemon's own copy from filling the
      // disk.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '1' } },
      // The container gets no swap space, because a fuzzing client that swaps fires its timers late.
      ...(recipe.memoryBytes === undefined ? {} : { Memory: recipe.memoryBytes, MemorySwap: recipe.memoryBytes }),
    },
  });
  try {
    return await orAborted(signal, use(await orAborted(signal, creation)));
  } finally {
    await withTimeout(CREATION_MS, creation);
    await remove(docker, recipe.name);
  }
}

/** Starts a container, calls `onLine` with each line of its output, and resolves when the container has ended. */
export async function runToEnd(
  container: Docker.Container,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<ContainerEnd> {
  // Attach to the output before the container starts, because the first lines would be lost otherwise. Attaching works
  // with every log driver of the daemon.
  const output = await orAborted(signal, container.attach({ stream: true, stdout: true, stderr: true }));
  const stream = asReadable(output);
  const closeOutput = () => stream.destroy();
  try {
    const lines = readLines(stream, onLine);
    lines.catch(() => undefined);
    await orAborted(signal, container.start());
    await orAborted(signal, container.wait());
    await withTimeout(LAST_LINES_MS, lines);
    const { State } = await orAborted(signal, container.inspect());
    return { exitCode: State.ExitCode, oomKilled: State.OOMKilled };
  } finally {
    closeOutput();
  }
}

async function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const reader = new LogReader();
  for await (const chunk of stream) {
    for (const line of reader.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk), 'latin1'))) onLine(line);
  }
  for (const line of reader.end()) onLine(line);
}

import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { orAborted, withTimeout } from './abort.ts';
import { asReadable } from './api.ts';
import { remove } from './clean.ts';
import { LogReader } from './log.ts';
import type { Network } from './network.ts';

/** One container: what runs in it, and where. */
export interface Recipe {
  /** Unique name, so that it can be removed even when the answer to its creation was never heard. */
  readonly name: string;
  readonly imageId: string;
  readonly command: readonly string[];
  readonly labels: Record<string, string>;
  readonly network: Network;
  /** Most it may use, in octets; the engine's own limit when undefined. */
  readonly memoryBytes?: number | undefined;
}

/** How a container ended, as its `State` told before it was removed. */
export interface ContainerEnd {
  readonly exitCode: number;
  readonly oomKilled: boolean;
}

/** Empty and not merely absent: an image, or the daemon's own settings, may bring some. All traffic is for one target. */
const NO_PROXY_AT_ALL = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'ALL_PROXY'].flatMap((name) => [
  `${name}=`,
  `${name.toLowerCase()}=`,
]);

/** How long the end of the output is waited for once the container has ended. */
const LAST_LINES_MS = 2_000;
/** How long a creation under way is waited for at an abort; cleaning goes by name after that. */
const CREATION_MS = 1_500;

/**
 * Creates a container, lets `use` have it, and removes it whatever happens. Not AutoRemove: that takes the state with
 * it, and "out of memory" could no longer be told from "killed". Rejects with the signal's reason at an abort.
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
    Env: ['PYTHONUNBUFFERED=1', ...NO_PROXY_AT_ALL],
    Labels: recipe.labels,
    Tty: false,
    HostConfig: {
      NetworkMode: recipe.network.mode,
      ExtraHosts: [...recipe.network.extraHosts],
      AutoRemove: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      // The output is read as it comes; what the daemon keeps of it must not fill a disk.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '1' } },
      // No swap beside it: an engine that swaps plays every timer late.
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

/** Starts a created container, hands over its output line by line, and resolves when it has ended. */
export async function runToEnd(
  container: Docker.Container,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<ContainerEnd> {
  // Attached before the start, so that no line is missed, and independent of the daemon's log driver.
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

import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type Docker from 'dockerode';
import type { EngineFacts } from '../../../reports/document/report.ts';
import { splitByWeight } from '../../plan/split-by-weight.ts';
import type { HandshakeOptions } from '../../subject/handshake-options.ts';
import { HarnessError } from '../../support/harness-error.ts';
import type { Assignment, Engine, PlayEvent, Preparation } from '../engine.ts';
import { eventStream } from '../event-stream.ts';
import { orAborted, withTimeout } from './abort.ts';
import { toHarnessError } from './api.ts';
import { removeOrphans, removeRun } from './clean.ts';
import { connect, type DaemonConnection } from './connect.ts';
import { withContainer } from './container.ts';
import { type AgentNames, readContainerResults } from './container-results.ts';
import { agentForSuite, fuzzingClientSpec } from './container-spec.ts';
import { findImage, type Image, imageHere, PINNED_IMAGE } from './image.ts';
import { ownLabels } from './labels.ts';
import { chooseNetwork, type Network } from './network.ts';
import { SuiteRun } from './play-in-container.ts';
import { tryNetwork } from './try-network.ts';

/** Settings of the Docker engine. */
export interface DockerOptions {
  /** The image that the user named with `--image`; without it, the engine chooses an image. */
  readonly image?: string;
  /**
   * Returns how many milliseconds a case probably takes. Cases are distributed with these times, so all containers end
   * at about the same time. Default: all cases take equally long.
   */
  readonly weigh?: (id: string) => number;
  /** Memory limit of a container in bytes; without it, the limit of Docker. */
  readonly memoryBytes?: number;
  /** Environment with DOCKER_HOST and related variables. Default: the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Default number of containers. It is at most two, because the suite and the tested server each keep one core busy. */
const DEFAULT_JOBS = Math.min(2, availableParallelism());
/**
 * Default time limit of a run in seconds. Even against a slow server, the whole suite takes less than half of this
 * time.
 */
const DEFAULT_TIMEOUT_SECONDS = 3_600;
/**
 * Seconds by which the time limit inside a container is longer than the time limit of the run. The limit inside the
 * container only matters if this process was killed and cannot end the container itself.
 */
const GRACE_SECONDS = 30;
/**
 * Time limit in milliseconds for removing containers at the end of a run. It is short, because the whole tool must end
 * within 6 s after an abort.
 */
const REMOVE_MS = 4_000;

const AGAIN = 'check that the Docker daemon works (`docker info`) and run again; or use `--engine native`';

/**
 * The result of preparing the engine: a connection to the Docker daemon, an image, and a description of the engine for
 * the report.
 */
interface Ready {
  readonly docker: Docker;
  readonly image: Image;
  readonly facts: EngineFacts;
}

/**
 * The Docker engine: plays cases with Autobahn's fuzzingclient in one or more containers. The engine copies files as
 * archives and mounts no folders, because the Docker daemon may run on another machine. All containers are removed at
 * the end, even after an error.
 */
export function dockerEngine(options: DockerOptions = {}): Engine {
  const daemon = async ({ signal, onMessage }: Preparation): Promise<DaemonConnection> => {
    const found = await connect(options.env ?? process.env, signal);
    onMessage({
      kind: 'note',
      text: `Docker daemon ${found.version} (${found.architecture}) answers at ${found.address}`,
    });
    return found;
  };
  return {
    inspect: async (preparation) =>
      await factsWithoutPull(await daemon(preparation), options.image, preparation.signal),
    async prepare(preparation) {
      const { signal, onMessage } = preparation;
      const { docker, architecture } = await daemon(preparation);
      const removed = await orAborted(signal, removeOrphans(docker)).catch((error: unknown) => {
        signal.throwIfAborted();
        throw toHarnessError(error, 'could not look for containers of earlier runs', AGAIN);
      });
      if (removed > 0) onMessage({ kind: 'note', text: `removed ${removed} container(s) that a killed run had left` });
      const image = await findImage({ docker, architecture, wanted: options.image, signal, onMessage });
      const ready: Ready = { docker, image, facts: factsOf(image, options.image) };
      return {
        facts: ready.facts,
        recordsLive: false,
        play: (assignment) => eventStream((emit) => play(ready, options, assignment, emit)),
      };
    },
  };
}

/** Plays an assignment (cases for one server), and removes all containers of this run at the end. */
async function play(
  ready: Ready,
  options: DockerOptions,
  assignment: Assignment,
  emit: (event: PlayEvent) => void,
): Promise<void> {
  const { signal } = assignment;
  signal.throwIfAborted();
  const run = randomUUID().slice(0, 8);
  try {
    const network = await new ContainerRun(ready, options, assignment, run, emit).play();
    emit({ kind: 'facts', facts: { network: network.name } });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw toHarnessError(error, 'the Docker daemon failed during the run', AGAIN);
  } finally {
    await withTimeout(REMOVE_MS, removeRun(ready.docker, run));
  }
}

function factsOf(image: Image, wanted: string | undefined): EngineFacts {
  return {
    name: 'docker',
    summary: `Autobahn|Testsuite in Docker, image ${image.name}`,
    image: image.name,
    digest: image.digest ?? image.id,
    architecture: image.architecture,
    ...(wanted === undefined ? { suiteVersion: '25.10.1' } : {}),
  };
}

/** Returns a description of the image that a run would use, for the report. Does not pull the image. */
async function factsWithoutPull(
  { docker, architecture }: DaemonConnection,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<EngineFacts> {
  const image = await imageHere(docker, wanted, signal);
  if (image !== undefined) return factsOf(image, wanted);
  const name = wanted ?? PINNED_IMAGE;
  return {
    name: 'docker',
    summary: `Autobahn|Testsuite in Docker, image ${name}, which this machine does not have: a run pulls it first`,
    image: name,
    architecture,
  };
}

/** One run of cases in one or more containers. The first failure of a container ends all others. */
class ContainerRun {
  readonly #ready: Ready;
  readonly #options: DockerOptions;
  readonly #assignment: Assignment;
  readonly #run: string;
  readonly #emit: (event: PlayEvent) => void;
  readonly #url: string;
  readonly #handshake: HandshakeOptions;
  readonly #failure = new AbortController();
  readonly #signal: AbortSignal;
  readonly #seconds: number;
  #containers = 0;

  constructor(
    ready: Ready,
    options: DockerOptions,
    assignment: Assignment,
    run: string,
    emit: (event: PlayEvent) => void,
  ) {
    if (assignment.reach.by !== 'connecting') throw serversOnly(assignment.agent);
    this.#url = assignment.reach.url;
    this.#handshake = assignment.reach.handshake;
    this.#emit = emit;
    this.#ready = ready;
    this.#options = options;
    this.#assignment = assignment;
    this.#run = run;
    this.#signal = AbortSignal.any([assignment.signal, this.#failure.signal]);
    this.#seconds = assignment.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
  }

  /**
   * Plays all cases, and returns the network that the containers used. Throws the first failure of a container, or the
   * reason of an abort.
   */
  async play(): Promise<Network> {
    const { cases, jobs = DEFAULT_JOBS, agent } = this.#assignment;
    const emit = this.#emit;
    if (this.#handshake.ca !== undefined)
      emit({
        kind: 'note',
        text: 'the real suite does not verify certificates: the certificate was verified once, before the run',
      });
    const runs: SuiteRun[] = [];
    const deadline = setTimeout(() => this.#failure.abort(this.#outOfTime(runs)), this.#seconds * 1000);
    try {
      const network = await chooseNetwork(
        this.#url,
        (candidate, command) => this.#tryNetwork(candidate, command),
        emit,
      );
      const shares = splitByWeight(cases, jobs, this.#options.weigh ?? (() => 1)).filter((ids) => ids.length > 0);
      if (shares.length > 1) emit({ kind: 'note', text: `${shares.length} containers in parallel` });
      const names = { inSuite: agentForSuite(agent, `agent-${this.#run}`), inResults: agent };
      await Promise.all(
        shares.map(async (ids) => {
          const suite = new SuiteRun(this.#nextName(), emit);
          runs.push(suite);
          try {
            await this.#playShare(suite, ids, network, names);
          } catch (error) {
            // The first failure ends the other containers. Each container is removed before the promise of its part of
            // the cases settles.
            this.#failure.abort(toHarnessError(error, 'the Docker daemon failed during the run', AGAIN));
          }
        }),
      );
      this.#signal.throwIfAborted();
      return network;
    } finally {
      clearTimeout(deadline);
    }
  }

  async #playShare(suite: SuiteRun, ids: readonly string[], network: Network, names: AgentNames): Promise<void> {
    const { protocols, origin } = this.#handshake;
    const spec = fuzzingClientSpec({ cases: ids, url: network.url, agent: names.inSuite, protocols, origin });
    const recipe = { ...this.#recipe(network, SuiteRun.command(this.#seconds + GRACE_SECONDS)), name: suite.name };
    await withContainer(this.#ready.docker, recipe, this.#signal, async (container) => {
      await suite.play(container, spec, this.#signal);
      for (const record of await readContainerResults(container, names, this.#signal, suite))
        this.#emit({ kind: 'recorded', record });
    });
  }

  #tryNetwork(network: Network, command: string[]): Promise<string | undefined> {
    return tryNetwork(this.#ready.docker, { ...this.#recipe(network, command), name: this.#nextName() }, this.#signal);
  }

  #recipe(network: Network, command: string[]) {
    return {
      imageId: this.#ready.image.id,
      labels: ownLabels(this.#run),
      command,
      network,
      memoryBytes: this.#options.memoryBytes,
    };
  }

  #nextName(): string {
    this.#containers += 1;
    return `ws-conformance-${this.#run}-${this.#containers}`;
  }

  #outOfTime(runs: readonly SuiteRun[]): HarnessError {
    const hanging = runs.find((suite) => suite.currentCase !== undefined);
    const what = `the run did not end within ${this.#seconds} s`;
    const todo = 'raise --timeout, or play that case alone to find out why it hangs';
    return hanging?.failure(what, todo) ?? new HarnessError(3, { what, where: this.#url, todo });
  }
}

function serversOnly(agent: string): HarnessError {
  return new HarnessError(2, {
    what: 'The Docker engine tests servers only.',
    where: agent,
    why: 'The subject is a client, which would have to connect to the engine.',
    todo: 'Name a server.',
    agent,
  });
}

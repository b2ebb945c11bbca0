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
import { reap, sweep } from './clean.ts';
import { connect, type DaemonConnection } from './connect.ts';
import { runToEnd, withContainer } from './container.ts';
import { agentForSuite, fuzzingClientSpec } from './container-spec.ts';
import { type AgentNames, harvest } from './harvest.ts';
import { findImage, type Image, imageHere, PINNED_IMAGE } from './image.ts';
import { ownLabels } from './labels.ts';
import { HeadAndTail } from './log.ts';
import { chooseNetwork, type Network } from './network.ts';
import { SuiteRun } from './play-in-container.ts';

export interface DockerOptions {
  /** `--image`: this image and no other. */
  readonly image?: string;
  /** How long a case takes, in milliseconds, for shares of equal length; all alike when absent. */
  readonly weigh?: (id: string) => number;
  /** Most memory of one container, in octets; Docker's own limit when absent. */
  readonly memoryBytes?: number;
  /** Where DOCKER_HOST and its like are read; the process's own when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** One container for each core that is there: the suite is busy with one, the server under test with another. */
const DEFAULT_JOBS = Math.min(2, availableParallelism());
/** A play of unknown length is ended after so long; the whole suite against a slow server takes less than half of it. */
const DEFAULT_TIMEOUT_SECONDS = 3_600;
/** By so much the limit inside the container is later than ours: it is for when nobody is left to keep ours. */
const GRACE_SECONDS = 30;
/** All that is done after an abort has to fit into 6 s. */
const SWEEP_MS = 4_000;

const AGAIN = 'see that the Docker engine is well (`docker info`) and run again; or use `--engine native`';

/** Everything found out by `prepare`. */
interface Ready {
  readonly docker: Docker;
  readonly image: Image;
  readonly facts: EngineFacts;
}

/**
 * The real Autobahn fuzzingclient, in as many containers as `jobs` says. Files go in and out as archives, so the daemon
 * need not share a disk with us. Whatever the end is, no container of ours stays.
 */
export function dockerEngine(options: DockerOptions = {}): Engine {
  const daemon = async ({ signal, onMessage }: Preparation): Promise<DaemonConnection> => {
    const found = await connect(options.env ?? process.env, signal);
    onMessage({
      kind: 'note',
      text: `Docker engine ${found.version} (${found.architecture}) answers at ${found.address}`,
    });
    return found;
  };
  return {
    inspect: async (preparation) => await foresee(await daemon(preparation), options.image, preparation.signal),
    async prepare(preparation) {
      const { signal, onMessage } = preparation;
      const { docker, architecture } = await daemon(preparation);
      const reaped = await orAborted(signal, reap(docker)).catch((error: unknown) => {
        signal.throwIfAborted();
        throw toHarnessError(error, 'could not look for what earlier runs left', AGAIN);
      });
      if (reaped > 0) onMessage({ kind: 'note', text: `removed ${reaped} container(s) that a killed run had left` });
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
    const network = await new Play(ready, options, assignment, run, emit).run();
    emit({ kind: 'facts', facts: { network: network.name } });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw toHarnessError(error, 'the Docker engine failed in mid-run', AGAIN);
  } finally {
    await withTimeout(SWEEP_MS, sweep(ready.docker, run));
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

/** What would play, as far as can be told without a pull. */
async function foresee(
  { docker, architecture }: DaemonConnection,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<EngineFacts> {
  const image = await imageHere(docker, wanted, signal);
  if (image !== undefined) return factsOf(image, wanted);
  const name = wanted ?? PINNED_IMAGE;
  return {
    name: 'docker',
    summary: `Autobahn|Testsuite in Docker, image ${name}, which is not here: a run would pull it first`,
    image: name,
    architecture,
  };
}

/** One play: its containers, the first failure among them, and the way everybody ends at that. */
class Play {
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

  /** Chooses the network, plays every share, brings the results together; throws the first failure or the abort. Gives back the network. */
  async run(): Promise<Network> {
    const { cases, jobs = DEFAULT_JOBS, agent } = this.#assignment;
    const emit = this.#emit;
    if (this.#handshake.ca !== undefined)
      emit({ kind: 'note', text: 'the real suite verifies no certificate: that was done once, before it' });
    const runs: SuiteRun[] = [];
    const deadline = setTimeout(() => this.#failure.abort(this.#outOfTime(runs)), this.#seconds * 1000);
    try {
      const network = await chooseNetwork(this.#url, (way, command) => this.#knock(way, command), emit);
      const shares = splitByWeight(cases, jobs, this.#options.weigh ?? (() => 1)).filter((ids) => ids.length > 0);
      if (shares.length > 1) emit({ kind: 'note', text: `${shares.length} containers side by side` });
      const names = { inSuite: agentForSuite(agent, `agent-${this.#run}`), inResults: agent };
      await Promise.all(
        shares.map(async (ids) => {
          const suite = new SuiteRun(this.#nextName(), emit);
          runs.push(suite);
          try {
            await this.#playShare(suite, ids, network, names);
          } catch (error) {
            // The first failure ends the others; each of them removes its own container before it is done here.
            this.#failure.abort(toHarnessError(error, 'the Docker engine failed in mid-run', AGAIN));
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
      for (const record of await harvest(container, names, this.#signal, suite))
        this.#emit({ kind: 'recorded', record });
    });
  }

  /** Tries one way to the target from a container of its own; says why not, or undefined when it got through. */
  async #knock(way: Network, command: string[]): Promise<string | undefined> {
    const log = new HeadAndTail();
    const recipe = { ...this.#recipe(way, command), name: this.#nextName() };
    const ending = await withContainer(this.#ready.docker, recipe, this.#signal, (container) =>
      runToEnd(container, this.#signal, (line) => log.add(line)),
    ).catch((error: unknown) => {
      this.#signal.throwIfAborted();
      // A daemon without this kind of network (rootless, Docker Desktop, an old one without host-gateway) says so here.
      return toHarnessError(error, 'the container could not be started', AGAIN);
    });
    if (ending instanceof HarnessError) return ending.problem.why ?? ending.problem.what;
    if (ending.exitCode === 0) return undefined;
    return ending.exitCode === 124 ? 'no answer within 5 s' : (log.last(1)[0] ?? `exit code ${ending.exitCode}`);
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
    const hanging = runs.find((each) => each.inFlight !== undefined);
    const what = `the play did not end within ${this.#seconds} s`;
    const todo = 'raise --timeout, or play that case alone and look why it hangs';
    return hanging?.trouble(what, todo) ?? new HarnessError(3, { what, where: this.#url, todo });
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

import { randomUUID } from 'node:crypto';
import type { CaseRecord, Preparation } from '../engine.ts';
import { removeOrphans } from './clean.ts';
import { connect } from './connect.ts';
import { withContainer } from './container.ts';
import { readAllAgents } from './container-results.ts';
import { type SuiteServer, specForServers } from './container-spec.ts';
import { findImage } from './image.ts';
import { ownLabels } from './labels.ts';
import { chooseNetwork, type Network } from './network.ts';
import { SuiteRun } from './play-in-container.ts';
import { tryNetwork } from './try-network.ts';

/**
 * Plays the same cases against several servers, in one start of the real suite, and returns the records of each agent. All
 * servers have the same host and port, and plain agent names. @throws HarnessError with exit code 3 if the suite fails.
 */
export type ManyServersPlayer = (
  cases: readonly string[],
  servers: readonly SuiteServer[],
  seconds: number,
) => Promise<Map<string, CaseRecord[]>>;

/**
 * Prepares the real suite for many servers, for development: a start of the suite takes longer than the cases of one
 * server. `url` is the address of one of the servers. @throws HarnessError with exit code 3 as the Docker engine does.
 */
export async function prepareManyServers(url: string, { signal, onMessage }: Preparation): Promise<ManyServersPlayer> {
  const { docker, architecture } = await connect(process.env, signal);
  await removeOrphans(docker);
  const image = await findImage({ docker, architecture, wanted: undefined, signal, onMessage });
  const run = randomUUID().slice(0, 8);
  let containers = 0;
  const nextName = (): string => `ws-conformance-${run}-${++containers}`;
  const recipe = (network: Network, command: string[]) => ({
    imageId: image.id,
    labels: ownLabels(run),
    name: nextName(),
    network,
    command,
  });
  const network = await chooseNetwork(
    url,
    (candidate, command) => tryNetwork(docker, recipe(candidate, command), signal),
    onMessage,
  );
  const seenFromContainer = (server: SuiteServer): SuiteServer => {
    const seen = new URL(server.url);
    seen.host = new URL(network.url).host;
    return { ...server, url: seen.href };
  };
  return async (cases, servers, seconds) => {
    const own = recipe(network, SuiteRun.command(seconds));
    const suite = new SuiteRun(own.name, () => undefined);
    return await withContainer(docker, own, signal, async (container) => {
      await suite.play(container, specForServers(cases, servers.map(seenFromContainer)), signal);
      return await readAllAgents(container, signal, suite);
    });
  };
}

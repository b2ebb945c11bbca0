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
 * Plays the same cases against several servers, in one container of the real suite (Autobahn). Resolves to the records
 * of each server, by its agent name. All servers must have the same host and port, and agent names that wstest accepts.
 * @throws HarnessError with exit code 3 if the suite fails.
 */
export type ManyServersPlayer = (
  cases: readonly string[],
  servers: readonly SuiteServer[],
  seconds: number,
) => Promise<Map<string, CaseRecord[]>>;

/**
 * Prepares the real suite (Autobahn in a container) for many servers, for development. One start of the suite takes
 * longer than the cases of one server, and many servers share that start. `url` is the address of one of the servers.
 * @throws HarnessError with exit code 3 for the same reasons as the Docker engine.
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

import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import { prepareManyServers } from '../engines/docker/many-servers.ts';
import type { CaseRecord, Preparation, PreparedEngine } from '../engines/engine.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { HarnessError } from '../support/harness-error.ts';
import type { RandomServers } from './random/server.ts';
import type { RandomServer } from './random-plan.ts';

/** The recorded cases of one server, by case id. */
export type Played = ReadonlyMap<string, RecordedCase>;
/**
 * A function that plays the cases of random servers with one engine, `atOnce` at the same time. Returns the recorded
 * cases by name of the server.
 */
export type RandomPlayer = (servers: readonly RandomServer[], atOnce: number) => Promise<Map<string, Played>>;

/**
 * Number of servers that one start of the real suite tests. A start takes about as long as the cases of three servers.
 */
const SERVERS_PER_START = 20;
/** Maximum number of seconds of one case. A random server ends every connection earlier. */
const SECONDS_PER_CASE = 15;

/** Returns the function that plays random servers with the real suite, in several containers at the same time. */
export async function referencePlayer(listener: RandomServers, preparation: Preparation): Promise<RandomPlayer> {
  const play = await prepareManyServers(listener.add('check', []), preparation);
  const playStart = async (servers: readonly RandomServer[]): Promise<[string, Played][]> => {
    const [{ cases } = { cases: [] }] = servers;
    const targets = servers.map(({ name, faults }) => ({ agent: name, url: listener.add(name, faults) }));
    try {
      const records = await play(cases, targets, 60 + servers.length * cases.length * SECONDS_PER_CASE);
      return [...records].map(([name, list]) => [name, read(name, list)]);
    } catch (error) {
      if (!(error instanceof HarnessError)) throw error;
      // If the suite cannot report the answer of one server, the results of all servers of the same start are lost.
      if (servers.length === 1) {
        console.log(`${servers[0]?.name}: the real suite has no results: ${error.problem.what}`);
        return [];
      }
      const middle = Math.ceil(servers.length / 2);
      return [...(await playStart(servers.slice(0, middle))), ...(await playStart(servers.slice(middle)))];
    }
  };
  return async (servers, atOnce) => {
    const starts = [...byCases(servers).values()].flatMap((list) => chunks(list, SERVERS_PER_START));
    return new Map((await inParallel(starts, atOnce, playStart)).flat());
  };
}

/** Returns the function that plays random servers with the embedded engine. */
export function nativePlayer(listener: RandomServers, engine: PreparedEngine, signal: AbortSignal): RandomPlayer {
  const playServer = async ({ name, faults, cases }: RandomServer): Promise<[string, Played]> => {
    const reach = { by: 'connecting' as const, url: listener.add(name, faults), handshake: {} };
    const records = new Map<string, CaseRecord>();
    for await (const event of engine.play({ cases, agent: name, reach, signal, jobs: 1 }))
      if (event.kind === 'recorded') records.set(event.record.id, event.record);
    return [name, read(name, [...records.values()])];
  };
  return async (servers, atOnce) => new Map(await inParallel(servers, atOnce, playServer));
}

function read(agent: string, records: readonly CaseRecord[]): Played {
  const details = new Map<string, RecordedCase>();
  for (const { id, text, entry } of records) {
    if (text === undefined) continue;
    const { detail } = autobahn.readCase(JSON.parse(text), entry, { id, agent });
    if (detail !== undefined) details.set(id, detail);
  }
  return details;
}

function byCases(servers: readonly RandomServer[]): Map<string, RandomServer[]> {
  const groups = new Map<string, RandomServer[]>();
  for (const server of servers) {
    const key = server.cases.join(' ');
    groups.set(key, [...(groups.get(key) ?? []), server]);
  }
  return groups;
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}

/** Calls `work` for every item, at most `atOnce` calls at the same time. */
async function inParallel<T, U>(items: readonly T[], atOnce: number, work: (item: T) => Promise<U>): Promise<U[]> {
  const queue = [...items];
  const results: U[] = [];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) results.push(await work(item));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

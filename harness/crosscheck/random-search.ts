import { isDeviation } from './deviations.ts';
import { type Disagreement, findDisagreements } from './disagreements.ts';
import type { Fault } from './random/faults.ts';
import type { RandomServer } from './random-plan.ts';
import type { RandomPlayer } from './random-players.ts';

/** Two functions that play random servers: one for each engine. */
export interface Players {
  reference: RandomPlayer;
  native: RandomPlayer;
  /** Number of containers at the same time. */
  containers: number;
}

/** One case of one server on which the engines disagree. */
export interface Finding {
  /** The server, with this case only. */
  server: RandomServer;
  disagreements: readonly Disagreement[];
}

/** The result of a search for random servers on which the engines disagree. */
export interface SearchResult {
  servers: number;
  /** Number of pairs of a server and a case. */
  pairs: number;
  /** Findings that came in every play. Each has been reduced to as few faults as possible. */
  confirmed: readonly Finding[];
  /** Findings that did not come again in a later play. */
  races: readonly Finding[];
}

/**
 * Number of times that a finding is played again. A bug shows every time, but a race (an outcome that depends on
 * chance) does not.
 */
const REPLAYS = 3;
/** Number of servers that the embedded engine plays at the same time. */
const NATIVE_AT_ONCE = 12;
/**
 * Number of servers at the same time when cases are played again and when faults are removed. It is low, so that the
 * plays do not disturb each other.
 */
const CALM = 2;

/**
 * Plays random servers with both engines. Plays the cases that differ again, and removes faults that the difference
 * does not need.
 */
export async function search(servers: readonly RandomServer[], players: Players): Promise<SearchResult> {
  let left = await compare(servers, players, players.containers, NATIVE_AT_ONCE);
  const races: Finding[] = [];
  for (let plays = 0; plays < REPLAYS && left.length > 0; plays++) {
    const again = await compareEach(
      left.map(({ server }) => server),
      players,
    );
    const persistent = left.map((finding, i) => persisting(finding, again[i]));
    races.push(...left.filter((_, i) => persistent[i] === undefined));
    left = persistent.filter((finding) => finding !== undefined);
  }
  return {
    servers: servers.length,
    pairs: servers.reduce((sum, { cases }) => sum + cases.length, 0),
    confirmed: await withFewFaults(left, players),
    races,
  };
}

/** Plays servers with both engines. Returns the cases on which the engines disagree, without the known deviations. */
async function compare(
  servers: readonly RandomServer[],
  { reference, native }: Players,
  containers: number,
  nativeAtOnce: number,
): Promise<Finding[]> {
  const theirs = await reference(servers, containers);
  const ours = await native(servers, nativeAtOnce);
  return servers.flatMap((server) =>
    server.cases.flatMap((id): Finding[] => {
      const [one, other] = [theirs.get(server.name)?.get(id), ours.get(server.name)?.get(id)];
      const all =
        one !== undefined && other !== undefined
          ? findDisagreements(one, other)
          : [{ id, at: 'has a result', reference: one !== undefined, native: other !== undefined }];
      const disagreements = all.filter((disagreement) => !isDeviation('random', disagreement));
      return disagreements.length === 0 ? [] : [{ server: { ...server, cases: [id] }, disagreements }];
    }),
  );
}

/**
 * Plays servers with one case each. Every server gets a name of its own, because several entries can come from the same
 * server. Returns for each entry the finding; undefined if the engines agree.
 */
async function compareEach(servers: readonly RandomServer[], players: Players): Promise<(Finding | undefined)[]> {
  const numbered = servers.map((server, i) => ({ ...server, name: `${server.name}-${i}` }));
  const found = await compare(numbered, players, CALM, CALM);
  return servers.map((server, i) => {
    const finding = found.find(({ server: { name } }) => name === numbered[i]?.name);
    return finding && { server, disagreements: finding.disagreements };
  });
}

/**
 * Compares a finding (a case on which the engines disagree) with a later play. Returns the finding with only the fields
 * that differ again; undefined if none of them does.
 */
function persisting(before: Finding, now: Finding | undefined): Finding | undefined {
  const facts = now?.disagreements.filter(({ at }) => before.disagreements.some((known) => known.at === at)) ?? [];
  return facts.length === 0 ? undefined : { server: before.server, disagreements: facts };
}

/**
 * Makes findings (cases on which the engines disagree) simpler: removes faults of the server one at a time, as long as
 * the engines still differ in at least one of the same fields.
 */
async function withFewFaults(findings: readonly Finding[], players: Players): Promise<Finding[]> {
  let smallest = [...findings];
  for (;;) {
    const candidates = smallest.flatMap(({ server }, i) =>
      without(server.faults).map((faults) => ({ of: i, server: { ...server, faults } })),
    );
    const found = await compareEach(
      candidates.map(({ server }) => server),
      players,
    );
    const smaller = smallest.map((finding, i) => {
      const shown = candidates.flatMap(({ of, server }, k) => {
        const again = of === i ? persisting(finding, found[k]) : undefined;
        return again === undefined ? [] : [{ ...again, server }];
      });
      return shown[0];
    });
    if (smaller.every((finding) => finding === undefined)) return smallest;
    smallest = smallest.map((finding, i) => smaller[i] ?? finding);
  }
}

/** Returns all lists of faults that have exactly one fault less. */
function without(faults: readonly Fault[]): Fault[][] {
  return faults.length < 2 ? [] : faults.map((_, i) => faults.filter((_, k) => k !== i));
}

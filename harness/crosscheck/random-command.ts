import { terminalSafe } from '../../reports/wording/terminal-text.ts';
import type { Preparation, PreparedEngine } from '../engines/engine.ts';
import { startRandomServers } from './random/server.ts';
import { randomServer } from './random-plan.ts';
import { nativePlayer, referencePlayer } from './random-players.ts';
import { type Finding, type SearchResult, search } from './random-search.ts';

/** Number of random servers (one per seed) that are played, compared and printed before the next ones are played. */
const BLOCK = 240;
/** Number of containers of the real suite at the same time. The number is high, because the containers mostly wait. */
const CONTAINERS = 6;

/** Options of a search for random servers on which the two engines disagree. */
export interface RandomOptions {
  /** Number of seeds. Each seed gives one random server. */
  count: number;
  /** The first seed. The following seeds are this number plus 1, plus 2 and so on. */
  first: number;
  containers?: number | undefined;
}

/**
 * Plays `count` random servers with both engines, and prints what differs. Returns the number of cases on which the
 * engines disagree.
 */
export async function crosscheckRandom(
  { count, first, containers = CONTAINERS }: RandomOptions,
  native: PreparedEngine,
  preparation: Preparation,
): Promise<number> {
  const listener = await startRandomServers(1);
  try {
    const players = {
      reference: await referencePlayer(listener, preparation),
      native: nativePlayer(listener, native, preparation.signal),
      containers,
    };
    const seeds = Array.from({ length: count }, (_, i) => first + i);
    let disagreeing = 0;
    for (let at = 0; at < count; at += BLOCK) {
      const result = await search(seeds.slice(at, at + BLOCK).map(randomServer), players);
      print(result);
      disagreeing += result.confirmed.length;
    }
    return disagreeing;
  } finally {
    await listener.close();
  }
}

function print({ servers, pairs, confirmed, races }: SearchResult): void {
  console.log(
    `${servers} random servers, ${pairs} pairs of server and case: ${confirmed.length} disagree, ${races.length} races`,
  );
  for (const [spec, findings] of groupBySpec(confirmed)) {
    const [first] = findings;
    console.log(`${first?.server.name}: ${terminalSafe(spec)}`);
    const others = findings.slice(1).map(({ server }) => server.cases.join());
    for (const { id, at, reference, native } of first?.disagreements ?? [])
      console.log(
        `  ${id} ${at}: reference ${terminalSafe(JSON.stringify(reference))}, native ${terminalSafe(JSON.stringify(native))}`,
      );
    if (others.length > 0) console.log(`  also in ${others.join(', ')}`);
  }
  for (const { server, disagreements } of races)
    console.log(`race: ${server.name} ${server.cases.join()} (${disagreements.map(({ at }) => at).join(', ')})`);
}

/**
 * Groups findings (disagreements of the engines) by the faults of their server. Several cases of one server often show
 * the same fault, and only one of them is printed completely.
 */
function groupBySpec(findings: readonly Finding[]): Map<string, Finding[]> {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const spec = JSON.stringify(finding.server.faults);
    groups.set(spec, [...(groups.get(spec) ?? []), finding]);
  }
  return groups;
}

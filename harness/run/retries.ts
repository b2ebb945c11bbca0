import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Problem, Report } from '../../reports/document/report.ts';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { normalise } from '../suites/autobahn/normalise.ts';
import type { AutobahnOutcome } from '../suites/autobahn/outcome.ts';
import { type RecordedResult, readResults } from '../suites/autobahn/read-results.ts';
import { makeFolder } from '../system/report-folder.ts';
import type { Batch } from './play-one-server.ts';

/** Case id → what it left when it was played again, in order. The file of each is relative to the agent's results. */
export type Tries = ReadonlyMap<string, readonly RecordedResult[]>;

/**
 * With more unexpected outcomes than this of one agent, none is played again: so many are no accident, and one at a
 * time they could take hours.
 */
export const MOST_PLAYED_AGAIN = 50;

/** The folder of the nth retries, below the agent's results. */
export const retryFolder = (n: number): string => `retry-${n}`;

/** Plays the unexpected outcomes of one agent again, one at a time, and keeps what comes of it. */
export class Retries {
  readonly tries = new Map<string, RecordedResult[]>();
  readonly problems: Problem[] = [];
  /** How many cases are not played again, since there are too many of them. */
  leftOut = 0;
  private readonly agent: string;
  /** The agent's results; each round has a folder of its own in it. */
  private readonly folder: string;
  private readonly limit: number;
  private readonly tell: (text: string) => void;

  /** @param tell hears of each round before it is played. */
  constructor(agent: string, folder: string, limit: number, tell: (text: string) => void) {
    this.tell = tell;
    this.agent = agent;
    this.folder = folder;
    this.limit = limit;
  }

  /**
   * What is to be played, round after round; the next one is known when the one before is over. A case that came out
   * differently is not played any more: it is flaky, whatever the next try would say.
   * @param first case id → the unexpected outcome.
   */
  *rounds(first: ReadonlyMap<string, AutobahnOutcome>): Generator<Batch> {
    let left = [...first.keys()];
    if (left.length > MOST_PLAYED_AGAIN) {
      this.leftOut = left.length;
      return;
    }
    for (let n = 1; n <= this.limit && left.length > 0; n++) {
      const folder = join(this.folder, retryFolder(n));
      makeFolder(folder);
      this.tell(`playing again, alone, what came out unexpected (${n} of at most ${this.limit}): ${left.join(' ')}`);
      const from = Date.now();
      let tries: ReadonlyMap<string, RecordedResult> = new Map();
      let isOver = false;
      try {
        yield { cases: left, folder, jobs: 1, oneByOne: true };
        isOver = true;
      } finally {
        // Of a round that was interrupted, what was over by then; why the rest is missing is told elsewhere.
        const read = readRound(this.folder, this.agent, n, left, { from, to: Date.now() });
        tries = read.tries;
        if (isOver) this.problems.push(...read.problems);
        for (const [id, ran] of tries) this.tries.set(id, [...(this.tries.get(id) ?? []), ran]);
      }
      left = left.filter((id) => {
        const ran = tries.get(id);
        return ran !== undefined && isDeepStrictEqual(normalise(ran.detail), first.get(id));
      });
    }
  }
}

/**
 * What the nth retries of an agent left.
 * @param folder the agent's results; `recorded` as in `readResults`.
 */
export function readRound(
  folder: string,
  agent: string,
  n: number,
  cases: readonly string[],
  recorded?: { from: number; to: number },
): { tries: Map<string, RecordedResult>; problems: Problem[] } {
  const read = readResults(join(folder, retryFolder(n)), {
    cases,
    suite: suiteIds,
    agents: [agent],
    extraIsFault: true,
    ...(recorded === undefined ? {} : { recorded }),
  });
  const tries = new Map(
    (read.agents[0]?.results ?? []).flatMap((result) =>
      result.did === 'run' ? [[result.detail.id, { ...result, file: join(retryFolder(n), result.file) }] as const] : [],
    ),
  );
  return { tries, problems: read.problems };
}

/** What the report says of the retries of a run. */
export function retriesOf(
  limit: number,
  answered: readonly { leftOut?: number }[],
  agents: Report['agents'],
): NonNullable<Report['run']['retries']> {
  const again = agents.flatMap(({ cases }) => cases.filter(({ tries }) => tries !== undefined));
  return {
    limit,
    cases: again.length,
    flaky: again.filter(({ verdict }) => verdict === 'flaky').length,
    leftOut: agents.flatMap(({ name }, at) => {
      const cases = answered[at]?.leftOut ?? 0;
      return cases > 0 ? [{ agent: name, cases }] : [];
    }),
  };
}

import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Outcome, Problem, Report } from '../../reports/document/report.ts';
import type { Suite } from '../plan/suite.ts';
import { type RecordedResult, readResults } from '../results/read-results.ts';
import { makeFolder } from '../system/report-folder.ts';
import type { Batch } from './play-batch.ts';

/**
 * If an agent has more unexpected outcomes than this, no case is retried: so many are no accident, and retrying them one
 * at a time could take hours.
 */
export const MAX_RETRIED_CASES = 50;

/** The folder of one round of retries, below the agent's results. @param round counted from 1. */
export const retryFolder = (round: number): string => `retry-${round}`;

/** Whose cases are retried, and how often. */
export interface RetryOptions {
  suite: Suite;
  agent: string;
  /** The agent's results. Each round has a folder of its own in it. */
  folder: string;
  /** Number of rounds at most. */
  limit: number;
  /** Reports each round before it is played. */
  say(text: string): void;
}

/** Retries the unexpected outcomes of one agent, one case at a time, and keeps the results. */
export class Retries {
  readonly tries = new Map<string, RecordedResult[]>();
  readonly problems: Problem[] = [];
  /** Number of cases that are not retried because there are too many of them. */
  leftOut = 0;
  private readonly options: RetryOptions;

  constructor(options: RetryOptions) {
    this.options = options;
  }

  /**
   * One batch per round. A case whose outcome changed is flaky and is not played again.
   * @param first case id → the unexpected outcome of the first attempt.
   */
  *rounds(first: ReadonlyMap<string, Outcome>): Generator<Batch> {
    const { suite, agent, folder, limit, say } = this.options;
    let ids = [...first.keys()];
    if (ids.length > MAX_RETRIED_CASES) {
      this.leftOut = ids.length;
      return;
    }
    for (let round = 1; round <= limit && ids.length > 0; round++) {
      const into = join(folder, retryFolder(round));
      makeFolder(into);
      say(
        `retrying the unexpected outcomes, one case at a time (round ${round} of at most ${limit}): ${ids.join(' ')}`,
      );
      const from = Date.now();
      let tries: ReadonlyMap<string, RecordedResult> = new Map();
      let isComplete = false;
      try {
        yield { cases: ids, folder: into, jobs: 1, oneByOne: true };
        isComplete = true;
      } finally {
        // An interrupted round keeps the cases that ended; the interruption is reported elsewhere.
        const read = readRound(suite, folder, agent, round, ids, { from, to: Date.now() });
        tries = read.tries;
        if (isComplete) this.problems.push(...read.problems);
        for (const [id, result] of tries) this.tries.set(id, [...(this.tries.get(id) ?? []), result]);
      }
      ids = ids.filter((id) => {
        const result = tries.get(id);
        return result !== undefined && isDeepStrictEqual(result.outcome, first.get(id));
      });
    }
  }
}

/**
 * Reads the results of one round of retries.
 * @param folder the agent's results. @param recorded as in `readResults`.
 */
export function readRound(
  suite: Suite,
  folder: string,
  agent: string,
  round: number,
  cases: readonly string[],
  recorded?: { from: number; to: number },
): { tries: Map<string, RecordedResult>; problems: Problem[] } {
  const read = readResults(suite, join(folder, retryFolder(round)), {
    cases,
    agents: [agent],
    extraIsFault: true,
    ...(recorded === undefined ? {} : { recorded }),
  });
  const tries = new Map(
    (read.agents[0]?.results ?? []).flatMap((result) =>
      result.did === 'run' ? [[result.id, { ...result, file: join(retryFolder(round), result.file) }] as const] : [],
    ),
  );
  return { tries, problems: read.problems };
}

/** What the report says about the retries of a run. */
export function retriesOf(
  limit: number,
  results: readonly { leftOut?: number }[],
  agents: Report['agents'],
): NonNullable<Report['run']['retries']> {
  const again = agents.flatMap(({ cases }) => cases.filter(({ tries }) => tries !== undefined));
  return {
    limit,
    cases: again.length,
    flaky: again.filter(({ verdict }) => verdict === 'flaky').length,
    leftOut: agents.flatMap(({ name }, at) => {
      const cases = results[at]?.leftOut ?? 0;
      return cases > 0 ? [{ agent: name, cases }] : [];
    }),
  };
}

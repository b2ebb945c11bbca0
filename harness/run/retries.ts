import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Outcome, Problem, Report } from '../../reports/document/report.ts';
import type { Suite } from '../plan/suite.ts';
import { type RecordedResult, readResults } from '../results/read-results.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { makeFolder } from '../system/report-folder.ts';
import type { Batch } from './play-batch.ts';

/**
 * Limit for the unexpected outcomes of one agent (server). If there are more, no case is repeated: so many failures are
 * no accident, and to repeat them one at a time could take hours.
 */
export const MAX_RETRIED_CASES = 50;

/**
 * Name of the folder with the results of one round of retries. The folder is in the result folder of the agent
 * (server).
 * @param round counted from 1.
 */
export const retryFolder = (round: number): string => `retry-${round}`;

/** The agent (server) whose cases are repeated, and the limit of `--retries`. */
export interface RetryOptions {
  suite: Suite;
  agent: string;
  /** The result folder of the agent (server). The results of each round of retries get a folder in this folder. */
  folder: string;
  /** Most rounds of retries. One round plays each remaining case once. */
  limit: number;
  /** Called before each round, with a line for the terminal. */
  onRound(text: string): void;
}

/** Implements `--retries`: repeats the cases of one agent (server) with an unexpected outcome, one at a time. */
export class Retries {
  /** Case id → results of the second and later attempts. */
  readonly attempts = new Map<string, RecordedResult[]>();
  readonly problems: Problem[] = [];
  /** Number of cases that are not retried because there are too many. */
  notRetried = 0;
  private readonly options: RetryOptions;

  constructor(options: RetryOptions) {
    this.options = options;
  }

  /**
   * Yields one batch for each round, in which each remaining case is played once more. A case whose outcome changed is
   * flaky, and is not played again.
   * @param first case id → unexpected outcome of the first attempt.
   */
  *rounds(first: ReadonlyMap<string, Outcome>): Generator<Batch> {
    const { suite, agent, folder, limit, onRound } = this.options;
    let ids = [...first.keys()];
    if (ids.length > MAX_RETRIED_CASES) {
      this.notRetried = ids.length;
      return;
    }
    for (let round = 1; round <= limit && ids.length > 0; round++) {
      const roundFolder = join(folder, retryFolder(round));
      makeFolder(roundFolder);
      onRound(
        `retrying the unexpected outcomes, one case at a time (round ${round} of at most ${limit}): ${ids.join(' ')}`,
      );
      const from = Date.now();
      let results: ReadonlyMap<string, RecordedResult> = new Map();
      let isComplete = false;
      try {
        yield { cases: ids, folder: roundFolder, jobs: 1, oneByOne: true };
        isComplete = true;
      } finally {
        // If the round was interrupted, the results of the cases that ended are kept. The run reports the interruption
        // elsewhere.
        const read = readRound(suite, folder, agent, round, ids, { from, to: Date.now() });
        results = read.results;
        if (isComplete) this.problems.push(...read.problems);
        for (const [id, result] of results) this.attempts.set(id, [...(this.attempts.get(id) ?? []), result]);
      }
      ids = ids.filter((id) => {
        const result = results.get(id);
        return result !== undefined && isDeepStrictEqual(result.outcome, first.get(id));
      });
    }
  }
}

/**
 * Reads the results of one round of retries, in which each case was played once more.
 * @param folder the agent's result folder.
 * @param recorded time span in which the results must have been recorded, as in `readResults`.
 * @returns case id → result. The paths of the result files are relative to `folder`.
 */
export function readRound(
  suite: Suite,
  folder: string,
  agent: string,
  round: number,
  cases: readonly string[],
  recorded?: { from: number; to: number },
): { results: Map<string, RecordedResult>; problems: Problem[] } {
  const read = readResults(suite, join(folder, retryFolder(round)), {
    cases,
    agents: [agent],
    extraIsFault: true,
    ...omitUndefined({ recorded }),
  });
  const results = new Map(
    (read.agents[0]?.results ?? []).flatMap((result) =>
      result.did === 'run' ? [[result.id, { ...result, file: join(retryFolder(round), result.file) }] as const] : [],
    ),
  );
  return { results, problems: read.problems };
}

/**
 * The summary of all retries of a run, for the report.
 * @param servers for each of `agents`, in the same order: the number of cases that were not repeated.
 */
export function retriesOf(
  limit: number,
  servers: readonly { notRetried?: number }[],
  agents: Report['agents'],
): NonNullable<Report['run']['retries']> {
  const retried = agents.flatMap(({ cases }) => cases.filter(({ tries }) => tries !== undefined));
  return {
    limit,
    cases: retried.length,
    flaky: retried.filter(({ verdict }) => verdict === 'flaky').length,
    leftOut: agents.flatMap(({ name }, i) => {
      const cases = servers[i]?.notRetried ?? 0;
      return cases > 0 ? [{ agent: name, cases }] : [];
    }),
  };
}

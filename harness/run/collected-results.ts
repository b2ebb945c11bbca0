import type { EngineFacts, Problem } from '../../reports/document/report.ts';
import type { ServerConfig } from '../config/config.ts';
import type { LaterAttempts } from '../expectations/judge-cases.ts';
import type { Expectation } from '../expectations/read-expectations.ts';
import type { Result } from '../results/read-results.ts';
import type { Workspace } from '../system/workspace.ts';

/** The results of one server and their expectations, before they are judged. */
export interface ServerResults {
  server: ServerConfig;
  slug: string;
  url: string;
  command?: string;
  expectations: ReadonlyMap<string, Expectation>;
  /** One entry for each planned case, in the order of the plan: the recorded result, or why there is none. */
  results: readonly Result[];
  /** Results of the retries, which repeat the cases with an unexpected outcome. */
  laterAttempts?: LaterAttempts;
  /** Number of cases with an unexpected outcome that were not repeated because there were too many. */
  notRetried?: number;
  /** Case id → lines that the server printed during the case. */
  output?: ReadonlyMap<string, readonly string[]>;
}

/** The results of all servers of a run, and the problems that make the results incomplete or doubtful. */
export interface CollectedResults {
  agents: ServerResults[];
  problems: Problem[];
  engine: EngineFacts;
  /** The limit of `--bail`, if `--bail` ended the run. */
  bailLimit?: number;
  /** The limit of `--retries`, if set. */
  retries?: number;
}

/**
 * Collects the results that exist so far, while the run continues. Used for a checkpoint, which is a partial report.
 * @param into copy of the folder of the unfinished report. The function adds the results that are still in another
 *   folder.
 */
export type Snapshot = (into: string) => Promise<CollectedResults>;

/**
 * What a source of results (see `ResultSource`) gets: the plan of the run, its folders, and the signal that ends it.
 */
export interface CollectOptions {
  /** Ids of the planned cases. */
  cases: readonly string[];
  /** Folder of the unfinished report. Results go to `results/<slug>` in this folder. */
  staged: string;
  workspace: Workspace;
  signal: AbortSignal;
  /** A source that plays cases calls this once, with a function that collects the results so far for checkpoints. */
  onStart?: (snapshot: Snapshot) => void;
}

/**
 * A function that gets the results of a run: it plays cases, reads an earlier recording, or merges the parts of a run.
 */
export type ResultSource = (options: CollectOptions) => Promise<CollectedResults>;

/**
 * Sorts results into the order of the plan. For a planned case without a result, the list contains the reason.
 * @param why reason for cases without a result.
 */
export function inPlanOrder(
  cases: readonly string[],
  results: readonly Result[],
  why = 'the run did not include the case',
): Result[] {
  const byId = new Map(results.map((result) => [result.id, result]));
  return cases.map((id) => byId.get(id) ?? { did: 'not run', id, why });
}

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
  /** One Result for each planned case, in the order of the plan. */
  results: readonly Result[];
  /** Results of the retries. */
  laterAttempts?: LaterAttempts;
  /** Number of unexpected outcomes that were not retried because there were too many. */
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
 * Collects the results that exist during a run.
 * @param into copy of the unfinished report folder. Results that are kept elsewhere are added to this copy.
 */
export type Snapshot = (into: string) => Promise<CollectedResults>;

/** The plan, the folders and the signal that a source of results gets. */
export interface CollectOptions {
  /** Ids of the planned cases. */
  cases: readonly string[];
  /** Folder of the unfinished report. Results go to `results/<slug>` in this folder. */
  staged: string;
  workspace: Workspace;
  signal: AbortSignal;
  /** Called once by a source that plays cases. The argument collects the results so far, for checkpoints. */
  onStart?: (snapshot: Snapshot) => void;
}

/** A source of results: an engine that plays cases, a folder that was recorded earlier, or the shards of a run. */
export type ResultSource = (options: CollectOptions) => Promise<CollectedResults>;

/**
 * Sorts results into the order of the plan. A planned case without a result gets a Result that says why.
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

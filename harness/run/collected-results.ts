import type { EngineFacts, Problem } from '../../reports/document/report.ts';
import type { ServerConfig } from '../config/config.ts';
import type { Tries } from '../expectations/judge-cases.ts';
import type { Expectation } from '../expectations/read-expectations.ts';
import type { Result } from '../results/read-results.ts';
import type { Workspace } from '../system/workspace.ts';

/** The results of one agent with their expectations, not yet judged. */
export interface ServerResults {
  server: ServerConfig;
  slug: string;
  url: string;
  command?: string;
  expectations: ReadonlyMap<string, Expectation>;
  /** One Result per planned case, in the plan's order. */
  results: readonly Result[];
  /** Results of retries. */
  tries?: Tries;
  /** Number of unexpected outcomes that were not retried because there were too many. */
  leftOut?: number;
  /** Case id → what the subject printed while the case was in flight. */
  output?: ReadonlyMap<string, readonly string[]>;
}

/** The results of all agents, and the problems that make them incomplete or doubtful. */
export interface CollectedResults {
  agents: ServerResults[];
  problems: Problem[];
  engine: EngineFacts;
  /** The limit of `--bail`, if it ended the run. */
  bailed?: number;
  /** The limit of `--retries`, if set. */
  retries?: number;
}

/**
 * What is known while a run is still going on.
 * @param into a copy of the folder that the run writes to; results kept elsewhere are added to it.
 */
export type Snapshot = (into: string) => Promise<CollectedResults>;

/** What a source of results gets. */
export interface CollectOptions {
  /** Ids of the planned cases. */
  cases: readonly string[];
  /** Folder of the report in the making. Results go to `results/<slug>` below it. */
  staged: string;
  workspace: Workspace;
  signal: AbortSignal;
  /** Called once with a way to see what is known so far. Only a run has something to report before its end. */
  onStart?: (snapshot: Snapshot) => void;
}

/** Where results come from: an engine that plays, a folder that was recorded earlier, or the shares of a split run. */
export type ResultSource = (options: CollectOptions) => Promise<CollectedResults>;

/** One Result per planned case in the plan's order; `why` is the reason for cases without a result. */
export function inPlanOrder(
  cases: readonly string[],
  results: readonly Result[],
  why = 'it was not to be played',
): Result[] {
  const byId = new Map(results.map((result) => [result.id, result]));
  return cases.map((id) => byId.get(id) ?? { did: 'not run', id, why });
}

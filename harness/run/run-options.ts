import type { CaseInfo, Report } from '../../reports/document/report.ts';
import type { Reporter } from '../config/reporter-names.ts';
import type { CiFacts } from '../reporting/ci-facts.ts';

/** What a run needs to know besides where its results come from. */
export interface RunOptions {
  plan: readonly CaseInfo[];
  /** Folder of the report. A report that is there already is replaced when the new one is complete. */
  out: string;
  /** A tolerated grade (NON-STRICT) fails. */
  strict: boolean;
  /** A command that plays the same run again, for the report. */
  command: string;
  /** Words of a command that plays one case of this run again, without the case id. */
  rerun?: readonly string[];
  /** History file: the run is added to it, and the history page is made from it. */
  history?: string;
  /** The CI job in which the run happens; see `ciFacts`. */
  ci?: CiFacts;
  /**
   * Seconds until the first checkpoint: what is known so far is written to `out`, in case the run is killed. Each
   * further checkpoint takes twice as long, at most a minute. Never if left out.
   */
  checkpointSeconds?: number;
  /** What is written, and where. Default: everything, into `out`. `report.json` and the results are always written. */
  reporters?: readonly Reporter[];
  /** Set if the plan is one share of several. */
  shard?: NonNullable<Report['run']['shard']>;
}

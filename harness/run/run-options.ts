import type { CaseInfo, Report } from '../../reports/document/report.ts';
import type { Reporter } from '../config/reporter-names.ts';
import type { CiFacts } from '../reporting/ci-facts.ts';

/** The plan of a run, and the outputs that the run writes. */
export interface RunOptions {
  plan: readonly CaseInfo[];
  /** Folder of the report. An existing report is replaced only when the new report is complete. */
  out: string;
  /** Whether the grade NON-STRICT, which Autobahn tolerates, fails the run. */
  strict: boolean;
  /** Command that starts the same run again, for the report. */
  command: string;
  /** Arguments of a command that runs one case again, without the case id. */
  rerun?: readonly string[];
  /** Path of the history file. The run is added to this file, and the history page is made from this file. */
  history?: string;
  /** Facts about the CI job of the run; see `ciFacts`. */
  ci?: CiFacts;
  /**
   * Seconds until the first checkpoint, which writes the results so far to `out` in case the run is killed. The interval
   * doubles after each checkpoint, up to a minute. Absent: no checkpoints.
   */
  checkpointSeconds?: number;
  /** Outputs of the run. Default: all, in `out`. `report.json` and the results are always written. */
  reporters?: readonly Reporter[];
  /** The shard, if the run plays only one of several parts of a plan. The other machines play the other parts. */
  shard?: NonNullable<Report['run']['shard']>;
}

import { resolve, sep } from 'node:path';
import type { Problem } from '../../reports/document/report.ts';
import { createStagingFolder, publishStagedReport } from './report-folder.ts';
import type { Workspace } from './workspace.ts';

/**
 * The folder of a report that is still being written. It lies next to the report's final place and is moved there when
 * the report is complete, so nobody ever sees half a report. If the run ends earlier, the workspace (the run's
 * temporary folder) removes this folder too.
 */
export class StagedReport {
  /** The folder into which the files of the report are written first. */
  readonly path: string;
  /** The final place of the report. */
  readonly out: string;

  /**
   * Creates the folder in which the report is prepared.
   * @throws HarnessError with exit code 2 if `out` has files that are not a report of this tool; with exit code 3 if
   * the folder cannot be created.
   */
  constructor(workspace: Workspace, out: string) {
    this.path = createStagingFolder(out);
    this.out = out;
    workspace.ownReport(this.path, out);
  }

  /**
   * Moves the report to its final place, and replaces an earlier report there.
   * @throws HarnessError with exit code 2 or 3.
   */
  publish(): void {
    publishStagedReport(this.path, this.out);
  }

  /**
   * Changes a problem with a file of the report: `where` becomes the path that the file will have at the report's final
   * place.
   */
  atFinalPlace(problem: Problem): Problem {
    const { where } = problem;
    if (where !== this.path && !where?.startsWith(this.path + sep)) return problem;
    return { ...problem, where: resolve(this.out) + where.slice(this.path.length) };
  }
}

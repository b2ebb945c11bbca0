import { resolve, sep } from 'node:path';
import type { Problem } from '../../reports/document/report.ts';
import { createStagingFolder, publishStagedReport } from './report-folder.ts';
import type { Workspace } from './workspace.ts';

/**
 * A report folder in the making. It is filled next to its final place and moved there when it is complete, so that nobody
 * ever sees half a report. The workspace removes the folder if the run ends before that.
 */
export class StagedReport {
  /** The folder to fill. */
  readonly path: string;
  /** The final place of the report. */
  readonly out: string;

  /**
   * Creates the folder in which the report is prepared.
   * @throws HarnessError with exit code 2 if `out` holds files that are not a report of this tool; with exit code 3 if the folder cannot be created.
   */
  constructor(workspace: Workspace, out: string) {
    this.path = createStagingFolder(out);
    this.out = out;
    workspace.ownReport(this.path, out);
  }

  /** Moves the report to its final place; an earlier report there is replaced. @throws HarnessError with exit code 2 or 3. */
  publish(): void {
    publishStagedReport(this.path, this.out);
  }

  /** A problem with a file of the report, with the path that the file will have in the end. */
  atFinalPlace(problem: Problem): Problem {
    const { where } = problem;
    if (where !== this.path && !where?.startsWith(this.path + sep)) return problem;
    return { ...problem, where: resolve(this.out) + where.slice(this.path.length) };
  }
}

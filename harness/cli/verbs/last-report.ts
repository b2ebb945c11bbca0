import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Report } from '../../../reports/document/report.ts';
import { readReportFile } from '../../reporting/report-file.ts';

/**
 * Reads `report.json` in a folder.
 * @throws HarnessError with exit code 2 if there is no report, or if the report cannot be read.
 */
export function readReport(out: string, verb: 'accept' | 'merge' | 'resume'): Report {
  const path = resolve(out, 'report.json');
  return readReportFile(path, {
    what: existsSync(path) ? `The report to ${verb} cannot be read.` : `There is no report of a run to ${verb}.`,
    todo:
      verb === 'merge'
        ? 'Name the report folders of the runs with --shard.'
        : 'Run first, or name the folder of the report with --out.',
  });
}

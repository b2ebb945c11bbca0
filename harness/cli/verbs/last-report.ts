import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Report } from '../../../reports/document/report.ts';
import { readReportFile } from '../../reporting/report-file.ts';

/** The report of the last run in a folder. @throws HarnessError (2) when there is none that can be read. */
export function readReport(out: string, verb: 'accept' | 'merge' | 'resume'): Report {
  const path = resolve(out, 'report.json');
  return readReportFile(path, {
    what: existsSync(path) ? `The report to ${verb} cannot be read.` : `There is no report of a run to ${verb}.`,
    todo:
      verb === 'merge' ? 'Name the folders that runs with --shard wrote.' : 'Run first, or name its folder with --out.',
  });
}

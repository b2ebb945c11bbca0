import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Report, reportSchema } from '../../reports/report.ts';
import { Trouble } from '../trouble.ts';

/** The report of the last run in a folder. @throws Trouble (2) when there is none that can be read. */
export function readReport(out: string, verb: 'accept' | 'merge' | 'resume'): Report {
  const path = resolve(out, 'report.json');
  try {
    return reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Trouble(2, {
      what: `There is no report of a run to ${verb}.`,
      where: path,
      why: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
      todo:
        verb === 'merge'
          ? 'Name the folders that runs with --shard wrote.'
          : 'Run first, or name its folder with --out.',
    });
  }
}

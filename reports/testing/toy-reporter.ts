import type { ReportFile } from '../document/files.ts';
import type { Report } from '../document/report.ts';

/** A reporter as somebody would add it: this file, and a line in the map of `renderers.ts`. */
export function* toy(report: Report): Generator<ReportFile> {
  yield { path: 'toy.txt', content: `toy: ${report.gate.sentence}\n` };
}

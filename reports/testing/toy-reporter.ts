import type { ReportFile } from '../document/files.ts';
import type { Report } from '../document/report.ts';

/**
 * An example of a new reporter. A reporter needs only such a file and one line in the map of `reports/renderers.ts`.
 */
export function* toy(report: Report): Generator<ReportFile> {
  yield { path: 'toy.txt', content: `toy: ${report.gate.sentence}\n` };
}

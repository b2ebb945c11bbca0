import type { ReportFile } from '../document/files.ts';
import { type Report, reportSchema } from '../document/report.ts';

/** `report.json`: the document itself, its keys in the schema's order. Throws ZodError when it is not what the schema says. */
export function* json(report: Report): Generator<ReportFile> {
  yield { path: 'report.json', content: `${JSON.stringify(reportSchema.parse(report), null, 2)}\n` };
}

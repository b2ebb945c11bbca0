import type { ReportFile } from '../document/files.ts';
import { type Report, reportSchema } from '../document/report.ts';

/**
 * Makes `report.json`: the report as JSON, with the keys in the order of the schema. The function adds the deprecated
 * key `suite` for old readers.
 * @throws ZodError if the report does not follow the schema.
 */
export function* json(report: Report): Generator<ReportFile> {
  const [first] = report.suites;
  const suite = first && { name: first.title, version: first.version, cases: first.cases };
  yield { path: 'report.json', content: `${JSON.stringify(reportSchema.parse({ ...report, suite }), null, 2)}\n` };
}

import { readFileSync } from 'node:fs';
import { type Problem, type Report, reportSchema } from '../../reports/document/report.ts';
import { HarnessError } from '../support/harness-error.ts';
import { readJsonText } from '../support/json-text.ts';
import { describeSchemaIssue } from '../support/schema-issues.ts';

/**
 * A report that a run wrote.
 * @param words what to say of one that cannot be read, but for the place and the reason. @throws HarnessError (2).
 */
export function readReportFile(path: string, words: Pick<Problem, 'what' | 'todo'>): Report {
  const refused = (why: string) => new HarnessError(2, { ...words, where: path, why });
  let value: unknown;
  try {
    value = parsed(readFileSync(path, 'utf8'));
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error));
  }
  const report = reportSchema.safeParse(value);
  if (report.success) return report.data;
  throw refused(`It is no report of this version: ${describeSchemaIssue(report.error, value, () => []).text}.`);
}

/** A report may have megabytes, which JSON.parse reads at once; what it cannot read, the other one can tell where. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return readJsonText(text, { comments: false }).value;
  }
}

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Problem, type Report, reportSchema } from '../../reports/document/report.ts';
import { suiteFacts } from '../plan/suite.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
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
  value = withSuites(value);
  const report = reportSchema.safeParse(value);
  if (report.success) return report.data;
  throw refused(`It is no report of this version: ${describeSchemaIssue(report.error, value, () => []).text}.`);
}

/**
 * A report of this tool from before reports described their suites: all its cases are Autobahn's, so Autobahn's fields
 * are added, with the version that the report names. Any other value is returned as it is.
 */
function withSuites(value: unknown): unknown {
  const old = documentWithoutSuites.safeParse(value);
  if (!old.success) return value;
  const { name: title, version, cases } = old.data.suite;
  return { ...old.data, suites: [{ ...suiteFacts(autobahn), title, version, cases }] };
}

const documentWithoutSuites = z.looseObject({
  suites: z.undefined().optional(),
  suite: z.object({ name: z.string(), version: z.string(), cases: z.number().int() }),
});

/** A report may have megabytes, which JSON.parse reads at once; what it cannot read, the other one can tell where. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return readJsonText(text, { comments: false }).value;
  }
}

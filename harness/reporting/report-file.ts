import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Problem, type Report, reportSchema } from '../../reports/document/report.ts';
import { suiteFacts } from '../plan/suite.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { errorMessage } from '../support/error-message.ts';
import { HarnessError } from '../support/harness-error.ts';
import { readJsonText } from '../support/json-text.ts';
import { describeSchemaIssue } from '../support/schema-issues.ts';

/**
 * Reads a report.json.
 * @param words `what` and `todo`: the first and last part of the error message. The path and the reason are put between
 *   them.
 * @throws HarnessError with exit code 2 if the file cannot be read or is not a report of this version.
 */
export function readReportFile(path: string, words: Pick<Problem, 'what' | 'todo'>): Report {
  const failure = (why: string) => new HarnessError(2, { ...words, where: path, why });
  let value: unknown;
  try {
    value = parseJson(readFileSync(path, 'utf8'));
  } catch (error) {
    throw failure(errorMessage(error));
  }
  value = withSuites(value);
  const report = reportSchema.safeParse(value);
  if (report.success) return report.data;
  throw failure(
    `The file is not a report of this version: ${describeSchemaIssue(report.error, value, () => []).text}.`,
  );
}

/**
 * Adds the field `suites` to a report of an older version of this tool, in which the field did not exist. Older
 * versions ran only Autobahn, so the Autobahn suite is added, with the version in the report. Any other value is
 * returned unchanged.
 */
function withSuites(value: unknown): unknown {
  const old = documentWithoutSuites.safeParse(value);
  if (!old.success) return value;
  const { name: title, version, cases } = old.data.suite;
  return { ...old.data, suites: [{ ...suiteFacts(autobahn), title, version, cases }] };
}

/** A report of an older version, without `suites`. */
const documentWithoutSuites = z.looseObject({
  suites: z.undefined().optional(),
  suite: z.object({ name: z.string(), version: z.string(), cases: z.number().int() }),
});

/** Parses with JSON.parse, which is fast for reports of many megabytes. After an error, `readJsonText` finds the line. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return readJsonText(text, { comments: false }).value;
  }
}

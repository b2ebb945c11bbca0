import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Suite } from '../plan/suite.ts';
import { errorMessage } from '../support/error-message.ts';
import { HarnessError } from '../support/harness-error.ts';
import { type Expectation, expectConformance, readExpectations } from './read-expectations.ts';

/** A server whose expectations are read. */
export interface ExpectationOwner {
  name: string;
  expectedFile?: string;
}

/**
 * Reads what is expected of one server in every case: what the RFC demands, changed by the server's expectation file.
 * @param today `YYYY-MM-DD`, decides which entries have expired.
 * @throws HarnessError with exit code 2 if the file cannot be read or has an error.
 */
export function expectationsOf(
  suite: Suite,
  { name, expectedFile }: ExpectationOwner,
  today: string,
): Map<string, Expectation> {
  if (expectedFile === undefined) return expectConformance(suite);
  const path = relative(process.cwd(), expectedFile);
  let text: string;
  try {
    text = readFileSync(expectedFile, 'utf8');
  } catch (error) {
    throw new HarnessError(2, {
      what: `The expectation file of "${name}" cannot be read.`,
      where: path,
      why: errorMessage(error),
      todo: 'Check the path. To write the file from the last run: ws-conformance accept.',
    });
  }
  return readExpectations(suite, text, path, today);
}

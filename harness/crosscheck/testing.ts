import { join } from 'node:path';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import { readResults } from '../results/read-results.ts';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { autobahn } from '../suites/autobahn/suite.ts';

const { agents } = readResults(autobahn, join(import.meta.dirname, '../../fixtures/recorded/ws'), {
  cases: suiteIds,
  extraIsFault: true,
});

/** The results that the real suite recorded about the server `ws`, by case id. */
export const recordedCases: ReadonlyMap<string, RecordedCase> = new Map(
  (agents[0]?.results ?? []).flatMap((result) =>
    result.did === 'run' && result.detail !== undefined ? [[result.id, result.detail] as const] : [],
  ),
);

/**
 * Returns the result that the real suite recorded about one case of the server `ws`.
 * @throws Error if the case is not recorded.
 */
export function recordedCase(id: string): RecordedCase {
  const found = recordedCases.get(id);
  if (found === undefined) throw new Error(`${id} is not recorded`);
  return found;
}

import { isDeepStrictEqual } from 'node:util';
import type { Difference, Outcome, Verdict } from '../../reports/document/report.ts';
import type { Suite } from './suite.ts';

/**
 * Lists the facts (such as the close code) in which an outcome differs from the expected outcome, in the order of
 * `fields`.
 * @param conformant the outcome of a server that follows the RFC. This outcome decides which values are better.
 */
export function compareOutcomes(
  { fields }: Pick<Suite, 'fields'>,
  expected: Outcome,
  actual: Outcome,
  conformant: Outcome,
): Difference[] {
  return fields
    .filter(({ name }) => !isDeepStrictEqual(expected[name], actual[name]))
    .map(({ name, toward }) => ({
      at: name,
      expected: expected[name],
      actual: actual[name],
      toward: toward(expected, actual, conformant),
    }));
}

/**
 * The verdict on a case (such as `regressed` or `improved`), from the differences to its expectation. One worse fact is
 * enough for `regressed`. Example: a server passes a case that it failed before, but no longer closes the connection
 * cleanly.
 */
export function verdictOf(
  differences: readonly Difference[],
): Extract<Verdict, 'same' | 'regressed' | 'improved' | 'changed'> {
  const directions = new Set(differences.map(({ toward }) => toward));
  if (directions.has('worse')) return 'regressed';
  if (directions.has('better')) return 'improved';
  return directions.has('sideways') ? 'changed' : 'same';
}

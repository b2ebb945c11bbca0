import { isDeepStrictEqual } from 'node:util';
import type { Difference, Outcome, Verdict } from '../../reports/document/report.ts';
import type { Suite } from './suite.ts';

/**
 * Lists the facts in which an outcome differs from the expected outcome, in the order of the suite's fields.
 * @param conformant the outcome of a conformant subject; decides which value is better.
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
 * The verdict that follows from the differences of a case. One difference for the worse is enough for `regressed`: a server
 * that now passes a case but no longer closes cleanly has regressed.
 */
export function verdictOf(
  differences: readonly Difference[],
): Extract<Verdict, 'same' | 'regressed' | 'improved' | 'changed'> {
  const directions = new Set(differences.map(({ toward }) => toward));
  if (directions.has('worse')) return 'regressed';
  if (directions.has('better')) return 'improved';
  return directions.has('sideways') ? 'changed' : 'same';
}

import { isDeepStrictEqual } from 'node:util';
import type { Difference, Outcome, Verdict } from '../../reports/document/report.ts';
import type { Suite } from './suite.ts';

/**
 * Every field in which an outcome is not the expected one, in the order of the suite's fields.
 * @param conformant the outcome of a faultless subject, which decides what is better and what is worse.
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
 * The verdict that follows from the differences. One difference for the worse outweighs any number for the better: a
 * server that now passes a case but no longer closes cleanly has regressed.
 */
export function weigh(
  differences: readonly Difference[],
): Extract<Verdict, 'same' | 'regressed' | 'improved' | 'changed'> {
  const towards = new Set(differences.map(({ toward }) => toward));
  if (towards.has('worse')) return 'regressed';
  if (towards.has('better')) return 'improved';
  return towards.has('sideways') ? 'changed' : 'same';
}

import type { Difference } from '../document/report.ts';
import { gradeFacts, type Outcome, type OutcomeField } from '../document/suite-facts.ts';
import { escapeInvisibleLine } from './escape-invisible.ts';
import { fieldLines } from './outcome.ts';
import { type Against, EXPECTED } from './sentence.ts';

/**
 * Describes in one sentence how an outcome differs from the expected outcome. The sentence names each field that
 * differs, with the actual and the expected value. Suites without their own sentences use this function. The sentence
 * ends with a full stop and contains no line break. The function never throws.
 */
export function describeDifferences(
  fields: readonly OutcomeField[],
  actual: Outcome | null,
  expected: Outcome | null,
  differences: readonly Difference[],
  against: Against = EXPECTED,
): string {
  if (actual === null) return 'There is no result for this case, so nothing is known about it.';
  if (expected === null) return `Nothing is expected of this case yet: ${grades(fields, actual)}.`;
  if (differences.length === 0)
    return isGood(fields, actual)
      ? 'The outcome is the expected one.'
      : `The outcome is the expected one: ${grades(fields, actual)}.`;
  const allBetter = differences.every(({ toward }) => toward === 'better');
  const clauses = differences.map(({ at }) => {
    const field = fields.find(({ name }) => name === at) ?? { name: at, label: at, kind: 'json' as const };
    const [is, was] = [actual, expected].map((outcome) =>
      escapeInvisibleLine(fieldLines(field, outcome, 3, 40).join(', ')),
    );
    return allBetter ? `${field.label} is ${is} instead of ${was}` : `${field.label} is ${is}, ${against.is} ${was}`;
  });
  return allBetter ? `${against.better}: ${clauses.join('; ')}.` : `${clauses.join('; ')}.`;
}

function grades(fields: readonly OutcomeField[], outcome: Outcome): string {
  const words = fields
    .filter(({ kind }) => kind === 'grade')
    .map(({ name, label }) => `${label} ${escapeInvisibleLine(String(outcome[name]))}`);
  return words.length === 0 ? 'it has no grade' : words.join(', ');
}

function isGood(fields: readonly OutcomeField[], outcome: Outcome): boolean {
  return fields
    .filter(({ kind }) => kind === 'grade')
    .every((field) => ['good', 'informational'].includes(gradeFacts(field, outcome)?.level ?? 'bad'));
}

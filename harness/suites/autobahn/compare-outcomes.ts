import { isDeepStrictEqual } from 'node:util';
import { CLOSE_GRADES, type CloseGrade, type Grade } from '../../../reports/document/recorded-case.ts';
import type { Difference, Verdict } from '../../../reports/document/report.ts';
import { AUTOBAHN_FIELDS, type AutobahnField, type AutobahnOutcome } from './outcome.ts';

type Toward = Difference['toward'];

/** Higher is better. INFORMATIONAL and NON-STRICT stand side by side: neither is a step from the other. */
const GRADE_RANK: Readonly<Record<Grade, number>> = {
  OK: 3,
  INFORMATIONAL: 2,
  'NON-STRICT': 2,
  UNIMPLEMENTED: 1,
  FAILED: 0,
};
const closeRank = (grade: CloseGrade) => -CLOSE_GRADES.indexOf(grade);

const byRank = (rank: number): Toward => (rank > 0 ? 'better' : rank < 0 ? 'worse' : 'sideways');
const trueIsBetter = (actual: boolean): Toward => (actual ? 'better' : 'worse');
const trueIsWorse = (actual: boolean): Toward => (actual ? 'worse' : 'better');

/** Whether the way from `expected` to `actual` in one field is for the worse. `conformant` is what a good server does. */
function judge(
  at: AutobahnField,
  expected: AutobahnOutcome,
  actual: AutobahnOutcome,
  conformant: AutobahnOutcome,
): Toward {
  switch (at) {
    case 'behavior':
      return byRank(GRADE_RANK[actual.behavior] - GRADE_RANK[expected.behavior]);
    case 'behaviorClose':
      return byRank(closeRank(actual.behaviorClose) - closeRank(expected.behaviorClose));
    case 'wasClean':
      return trueIsBetter(actual.wasClean);
    case 'failedByMe':
    case 'droppedByMe':
    case 'wasServerConnectionDropTimeout':
    case 'wasOpenHandshakeTimeout':
    case 'wasCloseHandshakeTimeout':
      return trueIsWorse(actual[at]);
    case 'remoteCloseCode':
      // Several codes may be right, and a wrong one shows in the grade; but one that is no longer sent is a loss.
      if (actual.remoteCloseCode === null && conformant.remoteCloseCode !== null) return 'worse';
      return actual.remoteCloseCode === conformant.remoteCloseCode && expected.remoteCloseCode === null
        ? 'better'
        : 'sideways';
    case 'closedByMe':
    case 'received':
      if (isDeepStrictEqual(expected[at], conformant[at])) return 'worse';
      return isDeepStrictEqual(actual[at], conformant[at]) ? 'better' : 'sideways';
  }
}

/** Every field in which an outcome is not the expected one, in the AutobahnOutcome's order. */
export function compareOutcomes(
  expected: AutobahnOutcome,
  actual: AutobahnOutcome,
  conformant: AutobahnOutcome,
): Difference[] {
  return AUTOBAHN_FIELDS.filter((at) => !isDeepStrictEqual(expected[at], actual[at])).map((at) => ({
    at,
    expected: expected[at],
    actual: actual[at],
    toward: judge(at, expected, actual, conformant),
  }));
}

/**
 * The verdict that differences amount to. One step for the worse outweighs any for the better: a server that now
 * passes a case but no longer closes cleanly has regressed.
 */
export function weigh(
  differences: readonly Difference[],
): Extract<Verdict, 'same' | 'regressed' | 'improved' | 'changed'> {
  const towards = new Set(differences.map((difference) => difference.toward));
  if (towards.has('worse')) return 'regressed';
  if (towards.has('better')) return 'improved';
  return towards.has('sideways') ? 'changed' : 'same';
}

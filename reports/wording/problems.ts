import type { Problem } from '../document/report.ts';
import { groupSimilar, type SimilarGroup } from './group-similar.ts';
import { plural } from './vocabulary.ts';

/**
 * Groups problems that differ only in the case and in the file of the case. Each group is at the position of its first
 * problem. Without groups, a run that stops early would list hundreds of equal problems, and these would hide all other
 * problems.
 */
export function groupSimilarProblems(problems: readonly Problem[]): SimilarGroup<Problem>[] {
  const sayingOf = ({ case: id, what, agent, where, why, todo, tail }: Problem, at: number) => {
    const without = (text = '') => (id === undefined ? text : withoutId(text, id));
    return JSON.stringify([id === undefined ? at : '', without(what), agent, without(where), why, todo, tail]);
  };
  return groupSimilar(problems, sayingOf, 2);
}

/** Removes a case id from a text. The function also removes the id inside a file name such as `case_7_1_6`. */
function withoutId(text: string, id: string): string {
  return text.replaceAll(id, '').replaceAll(id.replaceAll('.', '_'), '');
}

/** Describes what happened, in one text for a whole group of problems. */
export function combinedText([{ what }, ...others]: SimilarGroup<Problem>): string {
  return others.length === 0 ? what : `${what} Also in ${plural(others.length, 'more case')}.`;
}

/**
 * Returns the case ids of a group of problems. The list is empty for a single problem, because its text already names
 * its case.
 */
export function caseIdsOf(problems: SimilarGroup<Problem>): string[] {
  return problems.length === 1 ? [] : problems.flatMap(({ case: id }) => (id === undefined ? [] : [id]));
}

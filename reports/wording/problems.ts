import type { Problem } from '../document/report.ts';
import { groupSimilar, type SimilarGroup } from './group-similar.ts';
import { plural } from './vocabulary.ts';

/**
 * Groups problems that differ only in their case and its file, each group at the place of its first problem. A run that
 * stops early has hundreds of equal problems, which would hide all other problems.
 */
export function groupSimilarProblems(problems: readonly Problem[]): SimilarGroup<Problem>[] {
  const sayingOf = ({ case: id, what, agent, where, why, todo, tail }: Problem, at: number) => {
    const without = (text = '') => (id === undefined ? text : withoutId(text, id));
    return JSON.stringify([id === undefined ? at : '', without(what), agent, without(where), why, todo, tail]);
  };
  return groupSimilar(problems, sayingOf, 2);
}

/** Removes a case id from a text, also in the form of a file name such as `case_7_1_6`. */
function withoutId(text: string, id: string): string {
  return text.replaceAll(id, '').replaceAll(id.replaceAll('.', '_'), '');
}

/** The description of what happened, for a whole group of problems. */
export function whatOfAll([{ what }, ...others]: SimilarGroup<Problem>): string {
  return others.length === 0 ? what : `${what} The same of ${plural(others.length, 'more case')}.`;
}

/** The case ids of a group of problems. Empty for a single problem, whose own text names its case. */
export function casesOf(problems: SimilarGroup<Problem>): string[] {
  return problems.length === 1 ? [] : problems.flatMap(({ case: id }) => (id === undefined ? [] : [id]));
}

import type { Problem } from '../document/report.ts';
import { groupSimilar, type SimilarGroup } from './group-similar.ts';
import { plural } from './vocabulary.ts';

/**
 * Those that differ in nothing but their case, and its file, stand together, in the order of the first: a run that stopped early has
 * hundreds of the same, and they hide all the rest.
 */
export function groupSimilarProblems(problems: readonly Problem[]): SimilarGroup<Problem>[] {
  const sayingOf = ({ case: id, what, agent, where, why, todo, tail }: Problem, at: number) => {
    const without = (text = '') => (id === undefined ? text : withoutId(text, id));
    return JSON.stringify([id === undefined ? at : '', without(what), agent, without(where), why, todo, tail]);
  };
  return groupSimilar(problems, sayingOf, 2);
}

/** A case's id is also in the name of its file, as `case_7_1_6`. */
function withoutId(text: string, id: string): string {
  return text.replaceAll(id, '').replaceAll(id.replaceAll('.', '_'), '');
}

/** What happened, once for all of them. */
export function whatOfAll([{ what }, ...others]: SimilarGroup<Problem>): string {
  return others.length === 0 ? what : `${what} The same of ${plural(others.length, 'more case')}.`;
}

/** The cases of several alike problems; none of a problem by itself, which says in its words what it is about. */
export function casesOf(problems: SimilarGroup<Problem>): string[] {
  return problems.length === 1 ? [] : problems.flatMap(({ case: id }) => (id === undefined ? [] : [id]));
}

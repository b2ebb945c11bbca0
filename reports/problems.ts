import type { Problem } from './report.ts';

/**
 * Those that differ in nothing but their case stand together, in the order of the first: a run that stopped early has
 * hundreds of the same, and they hide all the rest.
 */
export function alikeProblems(problems: readonly Problem[]): [Problem, ...Problem[]][] {
  const groups = new Map<string, [Problem, ...Problem[]]>();
  for (const [at, problem] of problems.entries()) {
    const { what, agent, where, why, todo, tail } = problem;
    const bare = problem.case === undefined ? at : what.replaceAll(problem.case, '');
    const key = JSON.stringify([bare, agent, where, why, todo, tail]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [problem]);
    else group.push(problem);
  }
  return [...groups.values()];
}

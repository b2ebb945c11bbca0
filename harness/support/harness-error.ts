import type { Problem } from '../../reports/document/report.ts';

/**
 * The one error class of the harness. `exitCode` 2: the command or a file the user wrote is wrong. 3: we could not
 * tell (no engine, target died, results incomplete). Its four parts are printed as they are: what, where, why, and
 * what to do.
 */
export class HarnessError extends Error {
  readonly exitCode: 2 | 3;
  readonly problem: Problem;

  constructor(exitCode: 2 | 3, problem: Problem, options?: { cause?: unknown }) {
    super(problem.what, options);
    this.name = 'HarnessError';
    this.exitCode = exitCode;
    this.problem = problem;
  }
}

/** What a phrase says, for where it stands alone: an engine's `what` is told as a reason too ("taken because: …"). */
function asSentence(phrase: string): string {
  // The name of a program, a file or an option is written as it is.
  const begun = phrase.replace(/^(?!wstest\b)[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase());
  return /[.?!…]$/.test(begun) ? begun : `${begun}.`;
}

/** What an engine threw, as a Problem. What is no HarnessError is a fault of ours, and says so. */
export function toProblem(error: unknown, agent?: string): Problem {
  const of = agent === undefined ? {} : { agent };
  if (error instanceof HarnessError) return { ...of, ...error.problem, what: asSentence(error.problem.what) };
  const cause = error instanceof Error ? error : new Error(String(error));
  return {
    ...of,
    what: `Something went wrong that should not: ${cause.message}`,
    why: 'This is a fault of ws-conformance, or of a library it uses.',
    todo: 'Please report it, with the lines below.',
    tail: (cause.stack ?? '').split('\n'),
  };
}

import type { Problem } from '../../reports/document/report.ts';
import { omitUndefined } from './omit-undefined.ts';

/**
 * The class of all expected errors; any other error is a bug in this tool. Exit code 2: the command line or a file of
 * the user is wrong. Exit code 3: no verdict is possible, for example because there is no engine or the server died. A
 * problem has four parts, which are printed as they are: what, where, why, and what to do.
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

/** Makes a sentence of a phrase. Engines write `what` in lower case, because it is also used inside of sentences. */
function asSentence(phrase: string): string {
  // The first letter of the name of a program, a file or an option is not changed.
  const capitalised = phrase.replace(/^(?!wstest\b)[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase());
  return /[.?!…]$/.test(capitalised) ? capitalised : `${capitalised}.`;
}

/**
 * Converts a caught value into a problem that can be printed. Anything other than a HarnessError is a bug in this tool,
 * and the problem says so.
 * @param agent name of the server that the problem is about.
 */
export function toProblem(error: unknown, agent?: string): Problem {
  const about = omitUndefined({ agent });
  if (error instanceof HarnessError) return { ...about, ...error.problem, what: asSentence(error.problem.what) };
  const cause = error instanceof Error ? error : new Error(String(error));
  return {
    ...about,
    what: `Something went wrong that should not: ${cause.message}`,
    why: 'This is a bug in ws-conformance, or in a library that it uses.',
    todo: 'Please report the bug, with the lines below.',
    tail: (cause.stack ?? '').split('\n'),
  };
}

import type { Problem } from '../../reports/document/report.ts';
import { omitUndefined } from './omit-undefined.ts';

/**
 * The error class of the harness, for everything that is not a bug in this tool. Exit code 2: the command line or a
 * file of the user's is wrong. Exit code 3: the verdict is unknown, for example because there is no engine or the
 * server died. The four parts of the problem are printed as they are: what, where, why, and what to do.
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

/** Makes a phrase a sentence. Engines begin `what` in lower case, because it is also used as a reason in a sentence. */
function asSentence(phrase: string): string {
  // A name of a program, a file or an option keeps its first letter.
  const capitalised = phrase.replace(/^(?!wstest\b)[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase());
  return /[.?!…]$/.test(capitalised) ? capitalised : `${capitalised}.`;
}

/**
 * Converts whatever was thrown into a problem that can be printed. Anything other than a HarnessError is a bug in this
 * tool, and the problem says so. @param agent name of the server that the problem is about.
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

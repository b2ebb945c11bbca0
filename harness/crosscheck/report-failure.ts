import { describeProblem } from '../../reports/wording/terminal-problem.ts';
import { HarnessError, toProblem } from '../support/harness-error.ts';

/** Prints the error that ended a command of this folder, and sets the exit code of the process. */
export function reportFailure(error: unknown): void {
  process.stderr.write(`${describeProblem(toProblem(error), { colour: false, unicode: true }).join('\n')}\n`);
  process.exitCode = error instanceof HarnessError ? error.exitCode : 3;
}

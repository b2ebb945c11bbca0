import { CommanderError } from 'commander';
import type { Problem } from '../../reports/document/report.ts';
import { describeProblem } from '../../reports/wording/terminal-problem.ts';
import { problemAnnotation } from '../reporting/github.ts';
import type { Registry } from '../run/registry.ts';
import { HarnessError, toProblem } from '../support/harness-error.ts';
import { Interruption } from '../support/interruption.ts';
import { abandonWorkspaces } from '../system/workspace.ts';
import { type Shell, styleOf } from './options/shell.ts';

/**
 * Runs the command with the arguments of this process, and sets the exit code of the process. If a verb such as `run`
 * or `accept` throws, prints the error and sets its exit code. Can be called only once per process.
 * @param registry the suites that can be run.
 */
export async function runCommandLine(registry: Registry): Promise<void> {
  const words = process.argv.slice(2);
  /** Index of the first `--`. All words after it are the command that starts the server under test. */
  const dashes = words.indexOf('--');
  const shell: Shell = {
    registry,
    words,
    command: dashes < 0 ? undefined : words.slice(dashes + 1),
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    exitCode: 0,
  };

  // An error on stderr never changes the result, because the result is not written to stderr.
  shell.stderr.on('error', () => {});
  /** Whether a write to stdout failed. The reader then does not have the whole output. */
  let isOutputLost = false;
  shell.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // EPIPE: the reader of a pipe closed its end, for example `| head`. EIO: the terminal was closed. Both are ignored,
    // because the run must go on and end the tested server.
    if (isOutputLost || error.code === 'EPIPE' || error.code === 'EIO') return;
    isOutputLost = true;
    printProblem({
      what: 'The output could not be written.',
      where: 'stdout',
      why: error.message,
      todo: 'Check that the disk it goes to is not full.',
    });
    setExitCode(Number(process.exitCode));
  });

  function printProblem(problem: Problem): void {
    shell.stderr.write(`\n${describeProblem(problem, styleOf(shell, shell.stderr, undefined)).join('\n')}\n`);
  }

  /** Sets the exit code. If a part of stdout was lost, 0 and 1 become 3, because the user did not get the decision. */
  function setExitCode(exitCode: number): void {
    process.exitCode = isOutputLost && exitCode < 2 ? 3 : exitCode;
  }

  // The exit code is 3 ("no verdict") until the verb sets another code. Node's own exit code for an uncaught error is
  // 1, which means here that the tested server is wrong. The code 3 is also right if the process ends because a promise
  // never settles.
  process.exitCode = 3;
  let isLeaving = false;
  process.on('uncaughtException', (error) => {
    // Another error during the cleanup ends the process at once.
    if (isLeaving) process.exit(3);
    isLeaving = true;
    printProblem(toProblem(error));
    try {
      abandonWorkspaces();
    } finally {
      process.exit(3);
    }
  });

  try {
    // The import is here, and not at the top of the file: if a module cannot be loaded, the exit code is 3 too.
    const { makeProgram } = await import('./program.ts');
    await makeProgram(shell).parseAsync(dashes < 0 ? words : words.slice(0, dashes), { from: 'user' });
    setExitCode(shell.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else if (error instanceof Interruption) {
      process.exitCode = error.exitCode;
    } else {
      const problem = toProblem(error);
      printProblem(problem);
      shell.stderr.write(problemAnnotation(problem, shell.env));
      process.exitCode = error instanceof HarnessError ? error.exitCode : 3;
    }
  }
}

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
 * Runs the command with the arguments of this process, and sets the exit code of the process. Whatever a verb throws
 * becomes an error text and an exit code. Call it once per process.
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
  /** Whether a part of stdout could not be written. */
  let isOutputLost = false;
  shell.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // EPIPE: the reader closed its end (`| head`) and has seen enough. EIO: the terminal was closed. Neither is a
    // fault, and the run must go on so that the server under test is ended.
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

  /** Sets the exit code: 3 in place of 0 or 1 if stdout could not be written, because the verdict did not arrive. */
  function setExitCode(exitCode: number): void {
    process.exitCode = isOutputLost && exitCode < 2 ? 3 : exitCode;
  }

  // 3 until the verdict is known. Node's own exit code for an error that nobody catches is 1, which would say that the
  // server is wrong. 3 is also right if the process ends because a promise never settles.
  process.exitCode = 3;
  let isLeaving = false;
  process.on('uncaughtException', (error) => {
    // A second error, thrown while we clean up, must not keep the process alive.
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
    // Imported here, so that a module that cannot be loaded ends with exit code 3 too.
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

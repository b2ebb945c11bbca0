import { CommanderError } from 'commander';
import type { Problem } from '../../reports/document/report.ts';
import { describeProblem } from '../../reports/wording/terminal-problem.ts';
import type { Registry } from '../run/registry.ts';
import { HarnessError, toProblem } from '../support/harness-error.ts';
import { Interruption } from '../support/interruption.ts';
import { type Shell, styleOf } from './options/shell.ts';
import { makeProgram } from './program.ts';

/**
 * Runs the command that was typed, and sets the exit code of the process. The verbs get arguments, environment and streams
 * only from here.
 * @param registry the suites that can be played.
 */
export async function runCommandLine(registry: Registry): Promise<void> {
  const words = process.argv.slice(2);
  /** Everything behind the first `--` is the command that starts a server. */
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

  // A reader that closed its end (`| head`, `2>&1 | head`) has seen enough, and a terminal that was closed (EIO) sees nothing
  // more: no fault, and no reason to leave the server behind. What stands on stderr is never the result.
  shell.stderr.on('error', () => {});
  let isLost = false;
  shell.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isLost || error.code === 'EPIPE' || error.code === 'EIO') return;
    isLost = true;
    tellProblem({
      what: 'The output could not be written.',
      where: 'stdout',
      why: error.message,
      todo: 'Check that the disk it goes to is not full.',
    });
    end(Number(process.exitCode));
  });

  function tellProblem(problem: Problem): void {
    shell.stderr.write(`\n${describeProblem(problem, styleOf(shell, shell.stderr, undefined)).join('\n')}\n`);
  }

  /** Whose output is lost, wholly or in part, cannot tell. */
  function end(exitCode: number): void {
    process.exitCode = isLost && exitCode < 2 ? 3 : exitCode;
  }

  // 1, which Node ends with where nobody catches an error, would accuse the server; and so it is 3 until something is known,
  // also where all that is waited for never comes.
  process.exitCode = 3;
  let isLeaving = false;
  process.on('uncaughtException', (error) => {
    // What goes wrong while we leave is not to keep us.
    if (isLeaving) process.exit(3);
    isLeaving = true;
    tellProblem(toProblem(error));
    void import('../system/workspace.ts')
      .then(({ abandonWorkspaces }) => abandonWorkspaces())
      .finally(() => process.exit(3));
  });

  try {
    const program = await makeProgram(shell);
    await program.parseAsync(dashes < 0 ? words : words.slice(0, dashes), { from: 'user' });
    end(shell.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else if (error instanceof Interruption) {
      process.exitCode = error.exitCode;
    } else {
      const problem = toProblem(error);
      tellProblem(problem);
      const { tellGithubOfProblem } = await import('../reporting/github.ts');
      shell.stderr.write(tellGithubOfProblem(problem, shell.env));
      process.exitCode = error instanceof HarnessError ? error.exitCode : 3;
    }
  }
}

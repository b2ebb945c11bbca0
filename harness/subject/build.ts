import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerConfig } from '../config/config.ts';
import { HarnessError } from '../support/harness-error.ts';
import { pointTo } from '../system/output.ts';
import { describeExit, startProcess } from '../system/process.ts';
import type { Workspace } from '../system/workspace.ts';

/** Default time limit of a build in seconds. It is long, because a first build in a compiled language takes minutes. */
const BUILD_SECONDS = 600;

/**
 * Runs the build command of a server, if there is one, and waits for its end. Afterwards no process of the build is
 * left.
 * @param log file for the output of the build.
 * @throws HarnessError with exit code 3 and the last lines of output if the build fails or takes too long; the reason
 * of the signal if the signal aborts.
 */
export async function build(
  { build: command, buildSeconds = BUILD_SECONDS, cwd, env }: ServerConfig,
  workspace: Workspace,
  log: string,
  signal: AbortSignal,
): Promise<void> {
  if (command === undefined) return;
  signal.throwIfAborted();
  const buildProcess = startProcess({ command, cwd, env }, workspace, log);
  const waiting = new AbortController();
  const failure = (what: string, why: string) =>
    new HarnessError(3, {
      what,
      where: command.join(' '),
      why,
      todo: `${pointTo(buildProcess.output.tail())}It was run in ${cwd}. Does it succeed when you type it yourself?`,
      tail: buildProcess.output.tail(),
    });
  try {
    const exit = await Promise.race([
      buildProcess.ended,
      sleep(buildSeconds * 1000, undefined, { signal: AbortSignal.any([waiting.signal, signal]) }),
    ]);
    if (exit === undefined) throw failure(`The build did not end within ${buildSeconds} s.`, 'It was ended.');
    if (exit.code !== 0) throw failure('The build of the server failed.', describeExit(exit));
  } catch (error) {
    // An aborted timer rejects with an AbortError, but the caller expects the reason of its own signal.
    signal.throwIfAborted();
    throw error;
  } finally {
    waiting.abort();
    await buildProcess.end();
  }
}

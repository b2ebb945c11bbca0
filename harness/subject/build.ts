import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerConfig } from '../config/config.ts';
import { HarnessError } from '../support/harness-error.ts';
import { pointTo } from '../system/output.ts';
import { describeExit, startProcess } from '../system/process.ts';
import type { Workspace } from '../system/workspace.ts';

/** How long a build may take where nobody says otherwise: a cold one of a compiled language takes minutes. */
const BUILD_SECONDS = 600;

/**
 * Runs what is to be run before a server is started, to its end; nothing of it lives afterwards.
 * @param log file that takes its output.
 * @throws HarnessError (3) with its last lines when it fails or does not end; the signal's reason when that aborts.
 */
export async function build(
  { build: command, buildSeconds = BUILD_SECONDS, cwd, env }: ServerConfig,
  workspace: Workspace,
  log: string,
  signal: AbortSignal,
): Promise<void> {
  if (command === undefined) return;
  signal.throwIfAborted();
  const started = startProcess({ command, cwd, env }, workspace, log);
  const waiting = new AbortController();
  const failed = (what: string, why: string) =>
    new HarnessError(3, {
      what,
      where: command.join(' '),
      why,
      todo: `${pointTo(started.output.tail())}It was run in ${cwd}. Does it succeed when you type it yourself?`,
      tail: started.output.tail(),
    });
  try {
    const how = await Promise.race([
      started.ended,
      sleep(buildSeconds * 1000, undefined, { signal: AbortSignal.any([waiting.signal, signal]) }).then(
        () => undefined,
      ),
    ]);
    if (how === undefined) throw failed(`The build did not end within ${buildSeconds} s.`, 'It was ended.');
    if (how.code !== 0) throw failed('The build of the server failed.', describeExit(how));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    waiting.abort();
    await started.end();
  }
}

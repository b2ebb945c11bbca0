import type Docker from 'dockerode';
import { HarnessError } from '../../support/harness-error.ts';
import { toHarnessError } from './api.ts';
import { type Recipe, runToEnd, withContainer } from './container.ts';
import { HeadAndTail } from './log.ts';

/**
 * Starts a container that tries to reach the tested server. `recipe` contains the network to test and the command from
 * the function `connectCommand`. Returns undefined if the server was reached, else the reason.
 */
export async function tryNetwork(docker: Docker, recipe: Recipe, signal: AbortSignal): Promise<string | undefined> {
  const log = new HeadAndTail();
  const ending = await withContainer(docker, recipe, signal, (container) =>
    runToEnd(container, signal, (line) => log.add(line)),
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    // Some Docker daemons refuse some networks here, for example rootless Docker, Docker Desktop and old versions.
    return toHarnessError(error, 'the container could not be started', 'try another network');
  });
  if (ending instanceof HarnessError) return ending.problem.why ?? ending.problem.what;
  if (ending.exitCode === 0) return undefined;
  return ending.exitCode === 124 ? 'no answer within 5 s' : (log.last(1)[0] ?? `exit code ${ending.exitCode}`);
}

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ServerConfig } from '../../config/config.ts';
import type { Engine } from '../../engines/engine.ts';
import { chooseEngine, wishesOf } from '../../run/choose-engine.ts';
import type { RegisteredSuite } from '../../run/registry.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { omitUndefined } from '../../support/omit-undefined.ts';
import type { RunFlags } from './run-options.ts';

/**
 * Chooses the engine for the options of `run`.
 * @param onTrace receives each line of `--trace`.
 * @throws HarnessError with exit code 2 if `--data` is not a folder, or if no engine can do what the options ask for.
 */
export function engineOf(
  { engines }: RegisteredSuite,
  flags: RunFlags,
  servers: readonly ServerConfig[],
  onTrace: (line: string) => void,
): Engine {
  // With --watch the user waits for each run, so `auto` means the embedded engine, which is faster.
  const choice = flags.watch && flags.engine === 'auto' && flags.image === undefined ? 'native' : flags.engine;
  if (flags.data !== undefined) refuseMissingFolder(flags.data);
  return chooseEngine(engines, choice, {
    ...wishesOf(servers),
    ...omitUndefined({
      image: flags.image,
      dataFolder: flags.data === undefined ? undefined : resolve(flags.data),
      onTrace: flags.trace ? onTrace : undefined,
    }),
  });
}

function refuseMissingFolder(data: string): void {
  if (statSync(data, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new HarnessError(2, {
    what: 'The folder of --data does not exist.',
    where: resolve(data),
    why: "The folder must contain the five files with Autobahn's payloads for cases 12.x and 13.x.",
    todo: 'Correct --data, or leave it out: the embedded engine then generates similar payloads.',
  });
}

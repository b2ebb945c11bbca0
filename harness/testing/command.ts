import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { inject } from 'vitest';

/** The package, which the global setup of vitest compiles for this test run. */
const compiled = join(inject('compiledPackage'), 'package');
await builtPackage(inject('compiledPackage'));

/** argv that starts the compiled command. The arguments of the command follow. */
export const COMMAND = [process.execPath, join(compiled, 'harness/cli/main.js')] as const;

/** argv that starts a compiled server of `fixtures/servers`, for example `base/conformant`. */
export const fixtureServer = (name: string): string[] => ['node', join(compiled, 'fixtures/servers', `${name}.js`)];

/** Resolves when the build has ended. Throws with the errors of the compiler if it failed. */
async function builtPackage(folder: string): Promise<void> {
  const mark = join(folder, 'built');
  while (!existsSync(mark)) await setTimeout(50);
  const errors = readFileSync(mark, 'utf8');
  if (errors !== '') throw new Error(errors);
}

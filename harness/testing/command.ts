import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { inject } from 'vitest';

/** Folder of the compiled package. The global setup of vitest compiles the package once for each test run. */
const compiled = join(inject('compiledPackage'), 'package');
await builtPackage(inject('compiledPackage'));

/** The program and arguments that start the compiled command. Tests append the arguments of the command. */
export const COMMAND = [process.execPath, join(compiled, 'harness/cli/main.js')] as const;

/** The program and arguments that start a compiled server of `fixtures/servers`, for example `base/conformant`. */
export const fixtureServer = (name: string): string[] => ['node', join(compiled, 'fixtures/servers', `${name}.js`)];

/** Waits until the build of the package has ended. Throws the errors of the compiler if the build failed. */
async function builtPackage(folder: string): Promise<void> {
  const mark = join(folder, 'built');
  while (!existsSync(mark)) await setTimeout(50);
  const errors = readFileSync(mark, 'utf8');
  if (errors !== '') throw new Error(errors);
}

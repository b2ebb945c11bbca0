import { existsSync } from 'node:fs';
import { describe } from 'vitest';

/**
 * Works like `describe`, for tests that need more than Node. If the needed program is missing, the tests are skipped,
 * and both the title and stderr say why. In CI the tests fail instead, because nobody notices skipped tests in CI.
 * @param lack why the tests cannot run, and what to do; undefined if they can run.
 */
export function describeUnless(lack: string | undefined, title: string, tests: () => void): void {
  if (lack === undefined) {
    describe(title, tests);
    return;
  }
  if (process.env.CI) throw new Error(`${title}: ${lack}; with CI set this fails instead of being skipped`);
  process.stderr.write(`skipped: ${title}: ${lack}\n`);
  describe.skip(`${title} (skipped: ${lack})`, tests);
}

/** Returns the reason why a program cannot be used, and a remedy. Returns undefined if the program exists. */
export function lackOf(executable: string, remedy: string): string | undefined {
  return existsSync(executable) ? undefined : `there is no ${executable}: ${remedy}`;
}

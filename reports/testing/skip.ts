import { existsSync } from 'node:fs';
import { describe } from 'vitest';

/**
 * `describe` for tests that need more than Node. Without the needed program, the tests are skipped, and their title and
 * stderr say why. In CI they fail instead, because nobody notices skipped tests there.
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

/** The reason why a program cannot be used, with the remedy; undefined if the program exists. */
export function lackOf(executable: string, remedy: string): string | undefined {
  return existsSync(executable) ? undefined : `there is no ${executable}: ${remedy}`;
}

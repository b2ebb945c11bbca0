import { existsSync } from 'node:fs';
import { describe } from 'vitest';

/**
 * `describe` for tests that need more than Node. Where something is missing they are skipped, with the reason in their
 * title and on stderr; with CI set they fail instead, for there a skipped test is one that nobody misses.
 * @param lack why they cannot run here, and what to do; undefined where they can.
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

/** Why a program cannot be used: it is not there. `remedy` says how to get it. */
export function lackOf(executable: string, remedy: string): string | undefined {
  return existsSync(executable) ? undefined : `there is no ${executable}: ${remedy}`;
}

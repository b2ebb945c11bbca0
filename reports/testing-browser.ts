import { existsSync } from 'node:fs';
import { describe } from 'vitest';

/** A browser that tests drive: where it stands, and how somebody gets it. */
export interface Installed {
  /** What a missing one is called on the page of a CI run. */
  name: string;
  executable: string;
  /** What Debian calls its package. */
  package: string;
  /** Environment variable that names another executable. */
  variable: string;
}

/**
 * `describe` for tests that need a real browser. Without it they are skipped, with the reason in their title and on
 * stderr; with CI set they fail instead, for there a skipped test is one that nobody misses.
 */
export function describeWithBrowser(browser: Installed, title: string, tests: () => void): void {
  if (existsSync(browser.executable)) {
    describe(title, tests);
    return;
  }
  const why = `there is no ${browser.name} at ${browser.executable}: apt-get install ${browser.package}, or name another with ${browser.variable}`;
  if (process.env.CI) throw new Error(`${title}: ${why}; with CI set this fails instead of being skipped`);
  process.stderr.write(`skipped: ${title}: ${why}\n`);
  describe.skip(`${title} (skipped: ${why})`, tests);
}

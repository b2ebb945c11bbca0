import { type Browser, launch, type Page } from 'puppeteer-core';
import { describeUnless, lackOf } from './skip.ts';

/** The path of Firefox on Debian. The environment variable FIREFOX can name another path. */
const EXECUTABLE = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

/** Works like `describe`, for tests that need Firefox. Without Firefox, the tests are skipped; in CI, they fail. */
export const describeWithFirefox = (title: string, tests: () => void) =>
  describeUnless(lackOf(EXECUTABLE, 'apt-get install firefox-esr, or name another with FIREFOX'), title, tests);

/**
 * Starts an unmodified Firefox that the test controls over WebDriver BiDi. Firefox can disable scripts only for all
 * pages.
 */
export function launchFirefox({ scripts }: { scripts: boolean }): Promise<Browser> {
  return launch({
    browser: 'firefox',
    executablePath: EXECUTABLE,
    extraPrefsFirefox: { 'javascript.enabled': scripts },
  });
}

/**
 * Opens a page and records everything that a page of a report must not do: send a request, print to the console,
 * violate the Content-Security-Policy, or open a dialog.
 */
export async function watchedFirefoxPage(browser: Browser): Promise<{ page: Page; seen: string[] }> {
  const page = await browser.newPage();
  const seen: string[] = [];
  page.on('console', (message) => seen.push(`console: ${message.text()}`));
  // Firefox reports a violation of the Content-Security-Policy as a page error.
  page.on('pageerror', (error) => seen.push(`error: ${error instanceof Error ? error.message : String(error)}`));
  page.on('request', (request) => {
    // The empty icon of the pages and a font of Firefox have `data:` addresses. The browser needs no network request
    // for them.
    if (request.url().startsWith('data:')) return;
    if (!request.isNavigationRequest() || !request.url().startsWith('file:')) seen.push(`request: ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, seen };
}

import { type Browser, launch, type Page } from 'puppeteer-core';
import { describeUnless, lackOf } from './skip.ts';

/** Path of Firefox on Debian. The environment variable FIREFOX names another one. */
const EXECUTABLE = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

export const describeWithFirefox = (title: string, tests: () => void) =>
  describeUnless(lackOf(EXECUTABLE, 'apt-get install firefox-esr, or name another with FIREFOX'), title, tests);

/** Starts an unchanged Firefox, controlled over WebDriver BiDi. Firefox can switch scripts off only for all pages. */
export function launchFirefox({ scripts }: { scripts: boolean }): Promise<Browser> {
  return launch({
    browser: 'firefox',
    executablePath: EXECUTABLE,
    extraPrefsFirefox: { 'javascript.enabled': scripts },
  });
}

/**
 * Opens a page and records everything that pages of a report must not do: send a request, print to the console, violate
 * the Content-Security-Policy, open a dialog.
 */
export async function watchedFirefoxPage(browser: Browser): Promise<{ page: Page; seen: string[] }> {
  const page = await browser.newPage();
  const seen: string[] = [];
  page.on('console', (message) => seen.push(`console: ${message.text()}`));
  // Violations of the Content-Security-Policy are reported as page errors.
  page.on('pageerror', (error) => seen.push(`error: ${error instanceof Error ? error.message : String(error)}`));
  page.on('request', (request) => {
    // The empty icon of the pages and a font of Firefox are `data:` addresses, which need no request.
    if (request.url().startsWith('data:')) return;
    if (!request.isNavigationRequest() || !request.url().startsWith('file:')) seen.push(`request: ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, seen };
}

import { type Browser, launch, type Page } from 'puppeteer-core';
import { describeUnless, lackOf } from './skip.ts';

/** Debian's; another one with FIREFOX. */
const EXECUTABLE = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

export const describeWithFirefox = (title: string, tests: () => void) =>
  describeUnless(lackOf(EXECUTABLE, 'apt-get install firefox-esr, or name another with FIREFOX'), title, tests);

/** A stock Firefox, driven over WebDriver BiDi. It has no switch for the scripts of one page, so it is for all or none. */
export function launchFirefox({ scripts }: { scripts: boolean }): Promise<Browser> {
  return launch({
    browser: 'firefox',
    executablePath: EXECUTABLE,
    extraPrefsFirefox: { 'javascript.enabled': scripts },
  });
}

/** A page that notes what no page of ours may do: ask for anything, say anything, break its own policy, open a dialog. */
export async function watchedFirefoxPage(browser: Browser): Promise<{ page: Page; seen: string[] }> {
  const page = await browser.newPage();
  const seen: string[] = [];
  page.on('console', (message) => seen.push(`console: ${message.text()}`));
  // What the policy refuses comes this way too.
  page.on('pageerror', (error) => seen.push(`error: ${error instanceof Error ? error.message : String(error)}`));
  page.on('request', (request) => {
    // The empty icon of our pages, and a font Firefox brings along: an address that holds its own answer.
    if (request.url().startsWith('data:')) return;
    if (!request.isNavigationRequest() || !request.url().startsWith('file:')) seen.push(`request: ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, seen };
}

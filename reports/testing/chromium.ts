import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { describeUnless, lackOf } from './skip.ts';

/** The path of Chromium on Debian. The environment variable CHROMIUM can name another path. */
const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Options that stop Chromium's own requests. Each request that a test sees is then a request of the page. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Works like `describe`, for tests that need Chromium. Without Chromium, the tests are skipped; in CI, they fail. */
export const describeWithChromium = (title: string, tests: () => void) =>
  describeUnless(lackOf(EXECUTABLE, 'apt-get install chromium, or name another with CHROMIUM'), title, tests);

/** Starts Chromium. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
}

/**
 * Opens a page and records everything that a page of a report must not do: send a request, print to the console, or
 * open a dialog.
 */
export async function watchedPage(browser: Browser, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const seen: string[] = [];
  page.on('console', (message) => seen.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => seen.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (!request.isNavigationRequest() || !request.url().startsWith('file:')) seen.push(`request: ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, seen, close: () => context.close() };
}

/**
 * Finds accessibility faults in a page in its current state with axe-core. Returns one line for each faulty element.
 */
export async function axeViolations(page: Page, source: string): Promise<string[]> {
  await page.evaluate(source);
  return await page.evaluate(async () => {
    // The library axe-core is a global variable of the page. Its types are not available in this function.
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  });
}

import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { describeUnless, lackOf } from './skip.ts';

/** Path of Chromium on Debian. The environment variable CHROMIUM names another one. */
const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Options that stop the browser's own requests, so that each request in a test is a request of the page. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const describeWithChromium = (title: string, tests: () => void) =>
  describeUnless(lackOf(EXECUTABLE, 'apt-get install chromium, or name another with CHROMIUM'), title, tests);

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
}

/**
 * Opens a page and records everything that pages of a report must not do: send a request, print to the console, open a
 * dialog.
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

/** The accessibility faults that axe-core finds in a page in its current state, one line for each element. */
export async function axeViolations(page: Page, source: string): Promise<string[]> {
  await page.evaluate(source);
  return await page.evaluate(async () => {
    // axe-core is a global of the page; its types are not available here.
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  });
}

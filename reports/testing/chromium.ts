import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { describeUnless, lackOf } from './skip.ts';

/** Debian's; another one with CHROMIUM. */
const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** The browser is to speak to nobody: every request that is seen then is one of the page. */
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

/** A page that notes what no page of ours may do: ask for anything, say anything on the console, open a dialog. */
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

/** What axe-core finds wrong with a page as it stands, one line for each element. */
export async function axeViolations(page: Page, source: string): Promise<string[]> {
  await page.evaluate(source);
  return await page.evaluate(async () => {
    // In the page axe is a global of its own; its types belong to another world than this one.
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  });
}

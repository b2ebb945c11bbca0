import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithFirefox, launchFirefox, watchedFirefoxPage } from '../testing/firefox.ts';
import { pagesOnDisk } from '../testing/pages-on-disk.ts';
import { PAGES, SEED, WORST } from '../testing/sample-pages.ts';

const { home, at } = pagesOnDisk('firefox-real-');

/** A script that returns all text that is in the page but stays invisible although every fold is open. */
const UNREAD = `(() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const unread = [];
  while (texts.nextNode()) {
    const { parentElement: place, textContent } = texts.currentNode;
    if (textContent.trim() === '' || place.closest('script, style, [data-tool], dialog, .tools, #filter, #wire-view')) continue;
    if (!place.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true })) unread.push(textContent.trim().slice(0, 60));
  }
  return unread;
})()`;

/**
 * Opens the next fold as a reader does, with a click on its summary. Outer folds come before inner folds. Returns false
 * if all folds are open.
 */
async function openFold(page: Page): Promise<boolean> {
  const place = (await page.evaluate(`(() => {
    const shut = [...document.querySelectorAll('details:not([open]) > summary')].find((one) => one.checkVisibility());
    if (shut === undefined) return null;
    shut.scrollIntoView({ block: 'center' });
    const { left, top, height } = shut.getBoundingClientRect();
    return { x: left + 8, y: top + height / 2 };
  })()`)) as { x: number; y: number } | null;
  if (place !== null) await page.mouse.click(place.x, place.y);
  return place !== null;
}

describeWithFirefox('the pages, opened from disk in an unchanged Firefox', () => {
  describe('with scripts', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchFirefox({ scripts: true });
    });
    afterAll(() => browser?.close());

    it('send no request, print nothing to the console, and violate no policy', async () => {
      const { page, seen } = await watchedFirefoxPage(browser);
      for (const path of PAGES) {
        await page.goto(at(path));
        expect(await page.evaluate('document.querySelector(".tools").hidden'), `${path}: its script ran`).toBe(false);
        expect(await page.evaluate('document.querySelector("h1").innerText'), path).not.toBe('');
        expect(seen, path).toEqual([]);
      }
      await page.close();
    });

    it('reach the worst case with keys, filter by the address, and turn dark', async () => {
      const { page, seen } = await watchedFirefoxPage(browser);
      await page.goto(at('sample/index.html'));
      await page.keyboard.press('n');
      await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
      expect(page.url()).toBe(at(WORST));
      await page.goto(`${at('sample/index.html')}#?q=s%3Afailed+-9`);
      const rows = `[...document.querySelectorAll('tr[data-case]')].filter((row) => row.checkVisibility()).map((row) => row.dataset.case)`;
      expect(await page.evaluate(rows)).toEqual(['2.4', '6.4.1']);
      const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
      const before = await ground();
      await page.keyboard.press('d');
      expect(await ground()).not.toBe(before);
      expect(seen).toEqual([]);
      await page.close();
    });

    it('are watched correctly: a script, a picture and a console message are recorded', async () => {
      const elsewhere = createServer((_, response) => response.writeHead(404).end());
      await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
      const picture = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/x.png`;
      const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'">`;
      const rest = `<script>console.log("hello")</script><img src="${picture}">`;
      writeFileSync(join(home, 'refused.html'), `<!doctype html><meta charset="utf-8">${policy}${rest}`);
      writeFileSync(join(home, 'loud.html'), `<!doctype html><meta charset="utf-8">${rest}`);
      const { page, seen } = await watchedFirefoxPage(browser);
      await page.goto(at('refused.html'));
      await expect.poll(() => seen).toHaveLength(2);
      for (const one of seen.splice(0)) expect(one).toContain('error: Content-Security-Policy');
      await page.goto(at('loud.html'));
      await expect.poll(() => seen.sort()).toEqual(['console: hello', `request: ${picture}`]);
      await page.close();
      elsewhere.close();
    });
  });

  it('show every word without scripts, if all folds are open', async () => {
    const browser = await launchFirefox({ scripts: false });
    try {
      const { page, seen } = await watchedFirefoxPage(browser);
      for (const path of PAGES) {
        await page.goto(at(path));
        expect(await page.evaluate('document.querySelector(".tools").hidden'), `${path}: its script ran`).toBe(true);
        // The loop ends after 200 folds. Otherwise a fold that does not open would keep the test running forever.
        for (let folds = 0; folds < 200 && (await openFold(page)); folds++);
        expect(await page.evaluate('document.querySelectorAll("details:not([open])").length'), path).toBe(0);
        expect(await page.evaluate(UNREAD), path).toEqual([]);
      }
      await page.goto(at(SEED));
      expect(await page.evaluate('document.querySelector("p.sentence").innerText')).toContain(
        'never answered the Close',
      );
      expect(seen).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithChromium, launch } from '../testing/chromium.ts';
import { documents, reading, whole } from '../testing/junit-documents.ts';

describeWithChromium('junit.xml with hostile text, read by libxml2 in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  it('is well-formed, with all test cases', async () => {
    const page = await browser.newPage();
    expect(await page.evaluate(reading(documents))).toEqual(whole);
    expect(await page.evaluate(reading(['<testsuites>\x01</testsuites>', '<a>']))).toEqual({
      broken: [0, 1],
      cases: 0,
    });
  });
});

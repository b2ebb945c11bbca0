import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithFirefox, launchFirefox } from '../testing/firefox.ts';
import { documents, reading, whole } from '../testing/junit-documents.ts';

describeWithFirefox('junit.xml with hostile text, read by expat in Firefox', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchFirefox({ scripts: true });
  });
  afterAll(() => browser?.close());

  it('is well-formed, with all test cases', async () => {
    const page = await browser.newPage();
    expect(await page.evaluate(reading(documents))).toEqual(whole);
  });
});

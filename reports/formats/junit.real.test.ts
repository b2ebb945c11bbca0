import type { Browser } from 'playwright-core';
import type { Browser as Firefox } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Report } from '../document/report.ts';
import { describeWithChromium, launch } from '../testing/chromium.ts';
import { describeWithFirefox, launchFirefox } from '../testing/firefox.ts';
import { HOSTILE_STRINGS } from '../testing/hostile.ts';
import { sampleReport } from '../testing/sample.ts';
import { junit } from './junit.ts';

/** Every octet and every half of a surrogate pair, and what has broken out of XML before. */
const WORDS = [
  ...Array.from({ length: 0x100 }, (_, code) => `a${String.fromCharCode(code)}b`),
  Array.from({ length: 0x800 }, (_, i) => `${String.fromCharCode(0xd800 + i)}-`).join(''),
  '\ufffe\uffff\u{1f600}',
  ...HOSTILE_STRINGS,
];

/** A report in which each of the words is somebody's name, title, sentence and last line. */
const reports = WORDS.map((words): Report => {
  const [agent] = sampleReport.agents;
  const [info] = sampleReport.cases;
  const one = agent?.cases.find(({ verdict }) => verdict === 'regressed');
  if (agent === undefined || info === undefined || one === undefined) throw new Error('the sample is empty');
  return {
    ...sampleReport,
    problems: [{ what: words, where: words, why: words, todo: words, tail: [words] }],
    cases: [{ ...info, id: '2.4', title: words, categoryTitle: words }],
    agents: [{ ...agent, name: words, cases: [{ ...one, sentence: words, why: words }] }],
  };
});
const documents = reports.map((report) => [...junit(report)][0]?.content ?? '');

/** A script that reads each text; gives those that are not well-formed, and how many cases it found in all. */
const reading = (texts: readonly string[]) => `(() => {
  const broken = [];
  let cases = 0;
  for (const [at, text] of ${JSON.stringify(texts).replaceAll('<', '\\u003c')}.entries()) {
    const xml = new DOMParser().parseFromString(text, 'application/xml');
    if (xml.querySelector('parsererror') !== null) broken.push(at);
    cases += xml.querySelectorAll('testsuites > testsuite > testcase').length;
  }
  return { broken, cases };
})()`;
const whole = { broken: [], cases: 2 * documents.length };

describeWithChromium('junit.xml, whatever it holds, read by libxml2 in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  it('is well-formed, with its cases where consumers look for them', async () => {
    const page = await browser.newPage();
    expect(await page.evaluate(reading(documents))).toEqual(whole);
    expect(await page.evaluate(reading(['<testsuites>\x01</testsuites>', '<a>']))).toEqual({
      broken: [0, 1],
      cases: 0,
    });
  });
});

describeWithFirefox('junit.xml, whatever it holds, read by expat in Firefox', () => {
  let browser: Firefox;
  beforeAll(async () => {
    browser = await launchFirefox({ scripts: true });
  });
  afterAll(() => browser?.close());

  it('is well-formed, with its cases where consumers look for them', async () => {
    const page = await browser.newPage();
    expect(await page.evaluate(reading(documents))).toEqual(whole);
  });
});

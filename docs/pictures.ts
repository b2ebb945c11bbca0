import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { reportSchema } from '../reports/document/report.ts';
import { casePath } from '../reports/wording/views.ts';
import { needsAttention } from '../reports/wording/vocabulary.ts';

/**
 * `npm run pictures -- INDEX [CASE]`: takes the pictures of the README: the index page of the report in folder INDEX, and
 * the page of the worst case in folder CASE (default: INDEX). Set CHROMIUM to use another browser than that of Debian.
 *
 *     npm run conformance -- --server websock-server --server ws --server websocket @core
 *     npm run conformance -- --server never-answers-close 7.1.6 --out conformance-report-case
 *     npm run pictures -- conformance-report conformance-report-case
 */

const [, , indexFolder = 'conformance-report', caseFolder = indexFolder] = process.argv;
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const size = { width: 1280, height: 860 };

/** Path of the page of the worst case. If no case needs attention, the page of the first case. */
function worstPage(folder: string): string {
  const report = reportSchema.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
  const [worst] = needsAttention(report).filter(({ case: { actual } }) => actual !== null);
  return casePath(worst?.agent.slug ?? report.agents[0]?.slug ?? '', worst?.case.id ?? report.cases[0]?.id ?? '');
}

for (const folder of [indexFolder, caseFolder]) {
  if (existsSync(join(folder, 'report.json'))) continue;
  console.error(`There is no report in ${resolve(folder)}. Run first, or name its folder: npm run pictures -- FOLDER`);
  process.exit(2);
}

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage({ viewport: size, colorScheme: 'light' });
  for (const [name, path] of [
    ['index', join(indexFolder, 'index.html')],
    ['case', join(caseFolder, worstPage(caseFolder))],
  ] as const) {
    // The filter shows the cases that differ between agents. Without it the picture shows only closed sections.
    await page.goto(`${pathToFileURL(resolve(path)).href}${name === 'index' ? '#?q=is%3Adifferent' : ''}`);
    const picture = resolve(import.meta.dirname, `${name}.png`);
    await page.screenshot({ path: picture });
    console.log(picture);
  }
} finally {
  await browser.close();
}

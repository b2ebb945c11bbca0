import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { COMMAND } from '../testing/command.ts';

/* Tests of the HTML pages of reports. The reports are made from recorded results of Autobahn. */

const root = join(import.meta.dirname, '../..');
const home = mkdtempSync(join(tmpdir(), 'pages-'));
afterAll(() => rmSync(home, { recursive: true }));

/** Makes a report of the recorded results of one agent (tested server). @returns the report's folder. */
async function makeReport(recorded: string): Promise<string> {
  const out = join(home, recorded);
  const folder = join('fixtures/recorded', recorded);
  const [node, main] = COMMAND;
  await execa(node, [main, '--from', folder, '--out', out], { cwd: root, reject: false });
  return out;
}

describe('the pages of a recorded run of the real suite', () => {
  it('have at most 60 KiB for each of the 517 cases', async () => {
    const cases = join(await makeReport('ws'), 'cases/ws');
    const sizes = readdirSync(cases).map((file) => ({ file, size: statSync(join(cases, file)).size }));
    expect(sizes).toHaveLength(517);
    expect(sizes.filter(({ size }) => size > 60 * 1024)).toEqual([]);
  });
});

describe('the pages of a report with a single result', () => {
  it('name the regressed case first, and the 516 cases without a result in one line', async () => {
    const index = readFileSync(join(await makeReport('seed'), 'index.html'), 'utf8');
    const [, h1] = /<h1>(.*?)<\/h1>/.exec(index) ?? [];
    expect(h1).toBe('1 of 517 cases has a result. 7.1.6 regressed. 1.1.1 and 515 more have no result.');
    const lines = index.match(/<ol class="attention">([\s\S]*?)<\/ol>/)?.[1]?.match(/<li>/g);
    expect(lines).toHaveLength(2);
    expect(index).toMatch(/>1\.1\.1-7\.1\.5<\/a> <a [^>]*>7\.3\.1-13\.7\.18<\/a>/);
    // Only the category with a result is unfolded, not the 500 rows without a result.
    expect([...index.matchAll(/data-category="(\d+)" open/g)].map(([, id]) => id)).toEqual(['7']);
  });
});

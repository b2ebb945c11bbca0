import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Report } from '../../../reports/document/report.ts';
import { sampleOutcome, sampleReport } from '../../../reports/testing/sample.ts';
import { REGISTRY } from '../../run/registry.ts';
import { rejectedError } from '../../testing/thrown-error.ts';
import { compareReports } from './compare-reports.ts';

const home = mkdtempSync(join(tmpdir(), 'compare-reports-'));
afterAll(() => rmSync(home, { recursive: true }));

const plain = { colour: false, unicode: true };
/** Writes a report into a new folder. `agents`: name of an agent → whether its connection in case 1.1.1 closed cleanly. */
function writeReport(name: string, agents: Record<string, boolean>): string {
  const report: Report = {
    ...sampleReport,
    agents: Object.entries(agents).map(([agent, wasClean]) => ({
      name: agent,
      slug: agent,
      url: 'ws://x',
      cases: [
        {
          id: '1.1.1',
          verdict: 'same',
          actual: sampleOutcome({ wasClean, received: [] }),
          expected: null,
          differences: [],
          sentence: '',
          durationMs: 1,
          result: null,
        },
      ],
    })),
  };
  const path = join(home, name);
  mkdirSync(path);
  writeFileSync(join(path, 'report.json'), JSON.stringify(report));
  return path;
}
const [clean, unclean, twoAgents] = [
  writeReport('good', { ours: true }),
  writeReport('bad', { ours: false }),
  writeReport('two', { x: true, y: false }),
];

describe('compare', () => {
  it('exits with 1 if a case regressed in B, otherwise with 0', async () => {
    const worse = await compareReports(REGISTRY, clean, unclean, { from: '' }, plain);
    expect(worse.exitCode).toBe(1);
    expect(worse.text).toContain('▼ 1.1.1 regressed: ');
    expect((await compareReports(REGISTRY, unclean, clean, { from: '' }, plain)).exitCode).toBe(0);
    expect((await compareReports(REGISTRY, clean, clean, { from: '' }, plain)).text).toContain('1 the same');
  });

  it('prints only ASCII if the terminal has no other characters', async () => {
    const { text } = await compareReports(REGISTRY, clean, unclean, { from: '' }, { colour: false, unicode: false });
    expect(text).toMatch(/v 1\.1\.1 regressed: /);
    expect(text).toMatch(/^[\0-\x7f]*$/);
  });

  it('takes two agents of one report', async () => {
    expect(await compareReports(REGISTRY, 'x', 'y', { from: twoAgents }, plain)).toMatchObject({ exitCode: 1 });
  });

  it('prints JSON and Markdown', async () => {
    const json: unknown = JSON.parse(
      (await compareReports(REGISTRY, clean, unclean, { from: '', json: true }, plain)).text,
    );
    expect(json).toMatchObject([{ counts: { regressed: 1 }, cases: [{ id: '1.1.1', change: 'regressed' }] }]);
    expect((await compareReports(REGISTRY, clean, unclean, { from: '', md: true }, plain)).text).toContain(
      '| ▼ regressed | 1.1.1 |',
    );
  });

  it('writes a page with links to the pages of both runs', async () => {
    const out = join(home, 'page');
    await compareReports(REGISTRY, clean, unclean, { from: '', out }, plain);
    const page = readFileSync(join(out, 'compare.html'), 'utf8');
    expect(page).toContain('href="../good/cases/ours/1.1.1.html"');
    expect(page).toContain('href="../bad/cases/ours/1.1.1.html"');
  });

  it.each([
    [
      'nothing exists at the given paths',
      'nowhere',
      'neither',
      { from: join(home, 'none') },
      /are not two report folders/,
    ],
    [
      'an agent is not in the report',
      'x',
      'z',
      { from: twoAgents },
      /"z" is not a folder, and the report has no agent/,
    ],
    ['the runs have no agent in common', twoAgents, clean, { from: '' }, /no agent in common/],
    ['an agent is only in one report', clean, unclean, { from: '', agent: 'x' }, /"x" is not in both/],
  ])('throws if %s', async (_, a, b, flags, words) => {
    await expect(compareReports(REGISTRY, a, b, flags, plain)).rejects.toThrow(words);
  });

  it('throws if the page cannot be written', async () => {
    const file = join(home, 'file');
    writeFileSync(file, '');
    const failure = await rejectedError(
      compareReports(REGISTRY, clean, unclean, { from: '', out: join(file, 'page') }, plain),
    );
    expect(failure).toMatchObject({ exitCode: 3, problem: { what: 'The report could not be written.' } });
  });

  it('throws if a file is not a report', async () => {
    const path = join(home, 'odd.json');
    writeFileSync(path, '{}');
    const { message, problem } = await rejectedError(compareReports(REGISTRY, path, clean, { from: '' }, plain));
    expect(message).toMatch(/is not a report of a run/);
    expect(problem.why).toBe('The file is not a report of this version: schemaVersion: is missing; it is 1.');
    writeFileSync(path, '{"a');
    expect((await rejectedError(compareReports(REGISTRY, path, clean, { from: '' }, plain))).problem.why).toMatch(
      /^a text that does not end at line 1/,
    );
  });
});

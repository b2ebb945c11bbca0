import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sampleReport } from '../../reports/testing/sample.ts';
import { github, problemAnnotation } from './github.ts';

const home = mkdtempSync(join(tmpdir(), 'github-'));
afterAll(() => rmSync(home, { recursive: true }));
const GITHUB_ACTIONS = 'true';

it('returns annotations, and appends the summary to the text of earlier tools', () => {
  const file = join(home, 'summary.md');
  writeFileSync(file, 'before\n');
  const text = github(sampleReport, file, {});
  expect(text.trim().split('\n')).toHaveLength(10);
  expect(readFileSync(file, 'utf8')).toMatch(/^before\n## ○ INCOMPLETE: /);
});

it('warns instead of writing a summary that GitHub would drop, or if it cannot write', () => {
  const full = join(home, 'full.md');
  writeFileSync(full, 'x'.repeat(1024 * 1024));
  expect(github(sampleReport, full, {})).toContain(
    '::warning title=ws-conformance::The step summary would exceed the limit',
  );
  expect(github(sampleReport, home, {})).toContain('could not be written');
});

it('names files from the root of the repository, also if the command started elsewhere', () => {
  const problem = { what: 'It is wrong.', where: `${process.cwd()}/a/b.json:2` };
  const annotation = (GITHUB_WORKSPACE: string) => problemAnnotation(problem, { GITHUB_ACTIONS, GITHUB_WORKSPACE });
  expect(annotation(process.cwd())).toBe('::error file=a/b.json,line=2,title=ws-conformance::It is wrong.\n');
  expect(annotation(join(process.cwd(), '..'))).toMatch(/file=[^/]+\/a\/b\.json,line=2,/);
  expect(annotation(home)).toMatch(/^::error title=ws-conformance::It is wrong\.%0A.*b\.json:2\n$/);
  expect(problemAnnotation(problem, {})).toBe('');
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sampleReport } from '../../reports/testing/sample.ts';
import { github, tellGithubOfProblem } from './github.ts';

const home = mkdtempSync(join(tmpdir(), 'github-'));
afterAll(() => rmSync(home, { recursive: true }));
const GITHUB_ACTIONS = 'true';

it('marks what needs attention, and appends the summary to what others wrote', () => {
  const file = join(home, 'summary.md');
  writeFileSync(file, 'before\n');
  const text = github(sampleReport, file, {});
  expect(text.trim().split('\n')).toHaveLength(10);
  expect(readFileSync(file, 'utf8')).toMatch(/^before\n## ○ INCOMPLETE: /);
});

it('never makes a summary that GitHub would drop, and says so when it cannot write', () => {
  const full = join(home, 'full.md');
  writeFileSync(full, 'x'.repeat(1024 * 1024));
  expect(github(sampleReport, full, {})).toContain('::warning title=ws-conformance::The step summary is full');
  expect(github(sampleReport, home, {})).toContain('could not be written');
});

it('names files from the root of the repository, wherever the command was started', () => {
  const problem = { what: 'It is wrong.', where: `${process.cwd()}/a/b.json:2` };
  const told = (GITHUB_WORKSPACE: string) => tellGithubOfProblem(problem, { GITHUB_ACTIONS, GITHUB_WORKSPACE });
  expect(told(process.cwd())).toBe('::error file=a/b.json,line=2,title=ws-conformance::It is wrong.\n');
  expect(told(join(process.cwd(), '..'))).toMatch(/file=[^/]+\/a\/b\.json,line=2,/);
  expect(told(home)).toMatch(/^::error title=ws-conformance::It is wrong\.%0A.*b\.json:2\n$/);
  expect(tellGithubOfProblem(problem, {})).toBe('');
});

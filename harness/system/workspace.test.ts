import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { caughtError } from '../testing/thrown-error.ts';
import { removeStaleWorkspaces, Workspace } from './workspace.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'workspace-test-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/**
 * Starts a run that is killed while it replaces an old report by a new report.
 * @returns the folders of both reports.
 */
async function killWhilePublishing(): Promise<{ staged: string; aside: string; place: string }> {
  const [staged, place] = [join(home, 'staged'), join(home, 'report')];
  for (const folder of [staged, `${staged}-before`]) mkdirSync(folder);
  const code = `
    import { Workspace } from ${JSON.stringify(join(import.meta.dirname, 'workspace.ts'))};
    new Workspace().ownReport(${JSON.stringify(staged)}, ${JSON.stringify(place)});
    process.kill(process.pid, 'SIGKILL');`;
  await execa(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], { reject: false });
  return { staged, aside: `${staged}-before`, place };
}

test.runIf(process.platform === 'linux')(
  'puts a previous report back if the run was killed before the new one took its place, and removes it otherwise',
  async () => {
    const { place } = await killWhilePublishing();
    removeStaleWorkspaces();
    expect(readdirSync(home)).toEqual(['report']);
    // The report folder exists again here, so the report that was moved aside is the older report and must be removed.
    await killWhilePublishing();
    removeStaleWorkspaces();
    expect(existsSync(place)).toBe(true);
    expect(readdirSync(home)).toEqual(['report']);
  },
);

test('fails with exit 3 and names TMPDIR if there is no folder for temporary files', () => {
  vi.stubEnv('TMPDIR', join(home, 'nowhere'));
  const error = caughtError(() => new Workspace());
  vi.unstubAllEnvs();
  expect(error.exitCode).toBe(3);
  expect(error.problem.where).toBe(join(home, 'nowhere'));
  expect(error.problem.todo).toContain('TMPDIR');
});

test.runIf(process.platform === 'linux')(
  'does not fail when other runs remove their folders at the same time',
  async () => {
    const code = `
    const { mkdtempSync, rmdirSync } = require('node:fs');
    process.stdout.write('ready');
    for (const end = Date.now() + 30000; Date.now() < end; ) {
      const folders = Array.from({ length: 50 }, () => mkdtempSync(process.env.TMPDIR + '/ws-conformance-run-'));
      for (const folder of folders) rmdirSync(folder);
    }`;
    const other = execa(process.execPath, ['-e', code], { env: { TMPDIR: home }, reject: false });
    await once(other.stdout, 'data');
    vi.stubEnv('TMPDIR', home);
    for (let round = 0; round < 1000; round++) expect(removeStaleWorkspaces()).toBe(0);
    vi.unstubAllEnvs();
    other.kill('SIGKILL');
    await other;
  },
);

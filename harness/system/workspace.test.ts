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

/** A run that is killed while it exchanges the report for a new one; gives back the folders of the report. */
async function killedWhilePlacing(): Promise<{ staged: string; aside: string; place: string }> {
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
  'a report that was put aside for one that never came is put back by the next run, and else removed',
  async () => {
    const { place } = await killedWhilePlacing();
    removeStaleWorkspaces();
    expect(readdirSync(home)).toEqual(['report']);
    // Now there is one in the place: what was put aside is the older one.
    await killedWhilePlacing();
    removeStaleWorkspaces();
    expect(existsSync(place)).toBe(true);
    expect(readdirSync(home)).toEqual(['report']);
  },
);

test('no folder for temporary files is exit 3, and names the variable', () => {
  vi.stubEnv('TMPDIR', join(home, 'nowhere'));
  const trouble = caughtError(() => new Workspace());
  vi.unstubAllEnvs();
  expect(trouble.exitCode).toBe(3);
  expect(trouble.problem.where).toBe(join(home, 'nowhere'));
  expect(trouble.problem.todo).toContain('TMPDIR');
});

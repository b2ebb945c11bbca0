import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ownFolder } from '../testing/run-command.ts';
import { parseStatus, readRevision } from './git-revision.ts';

const COMMIT = '7fd5e6c0c3a1b2d4e5f60718293a4b5c6d7e8f90';
const HEAD = `# branch.oid ${COMMIT}\n# branch.head main\n`;

describe('the output of git status', () => {
  it.each([
    ['a clean tree', HEAD, { commit: COMMIT, dirty: false }],
    [
      'a changed file',
      `${HEAD}1 .M N... 100644 100644 100644 ${COMMIT} ${COMMIT} a.ts\n`,
      { commit: COMMIT, dirty: true },
    ],
    ['a file that git does not track', `${HEAD}? new.ts\n`, { commit: COMMIT, dirty: true }],
    [
      'a repository without a commit',
      '# branch.oid (initial)\n# branch.head main\n? a.ts\n',
      { commit: null, dirty: null },
    ],
  ])('of %s is parsed', (_, text, expected) => {
    expect(parseStatus(text)).toEqual(expected);
  });
});

describe('readRevision', () => {
  const folder = ownFolder('git-revision-test-');
  afterEach(() => vi.unstubAllEnvs());
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], { cwd: folder() });

  it('returns the commit, and whether the working tree differs from the commit', async () => {
    await git('init', '--quiet');
    writeFileSync(join(folder(), 'a'), 'x');
    await git('add', 'a');
    await git('commit', '--quiet', '-m', 'first');
    const { stdout: commit } = await git('rev-parse', 'HEAD');
    expect(await readRevision(folder())).toEqual({ commit, dirty: false });
    writeFileSync(join(folder(), 'a'), 'y');
    expect(await readRevision(folder())).toEqual({ commit, dirty: true });
  });

  it('returns nulls outside of a repository', async () => {
    vi.stubEnv('GIT_CEILING_DIRECTORIES', folder());
    expect(await readRevision(folder())).toEqual({ commit: null, dirty: null });
  });

  it('returns nulls if git is not installed', async () => {
    vi.stubEnv('PATH', folder());
    expect(await readRevision(folder())).toEqual({ commit: null, dirty: null });
  });
});

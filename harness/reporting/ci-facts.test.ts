import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { reportSchema } from '../../reports/document/report.ts';
import { COMMAND } from '../testing/command.ts';
import { ciFacts } from './ci-facts.ts';

/**
 * What the package ci-info finds in an environment. ci-info reads the environment while it is loaded, so each call
 * loads the package again.
 */
function detect(env: Record<string, string>): typeof import('ci-info') {
  const require = createRequire(import.meta.url);
  const path = require.resolve('ci-info');
  delete require.cache[path];
  const original = process.env;
  process.env = env;
  try {
    return require(path);
  } finally {
    process.env = original;
    delete require.cache[path];
  }
}

const factsIn = (env: Record<string, string>) => ciFacts(env, detect(env));

const COMMIT = '7fd5e6c0c3a1b2d4e5f60718293a4b5c6d7e8f90';

test.each([
  [
    {
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_SHA: COMMIT,
      GITHUB_HEAD_REF: '',
      GITHUB_REF_NAME: 'main',
      GITHUB_JOB: 'conformance',
      GITHUB_SERVER_URL: 'https://git.example',
      GITHUB_REPOSITORY: 'somebody/server',
      GITHUB_RUN_ID: '4711',
    },
    {
      name: 'GitHub Actions',
      commit: COMMIT,
      branch: 'main',
      job: 'conformance',
      url: 'https://git.example/somebody/server/actions/runs/4711',
    },
  ],
  [
    {
      CI: 'true',
      GITLAB_CI: 'true',
      CI_COMMIT_SHA: COMMIT,
      CI_COMMIT_REF_NAME: 'fix/close',
      CI_JOB_NAME: 'ws',
      CI_JOB_URL: 'https://lab.example/a/b/-/jobs/1',
    },
    { name: 'GitLab CI', commit: COMMIT, branch: 'fix/close', job: 'ws', url: 'https://lab.example/a/b/-/jobs/1' },
  ],
  [
    {
      CI: 'true',
      CIRCLECI: 'true',
      CIRCLE_SHA1: COMMIT,
      CIRCLE_BRANCH: '',
      CIRCLE_TAG: 'v1',
      CIRCLE_JOB: 'test',
      CIRCLE_BUILD_URL: 'https://circle.example/1',
    },
    { name: 'CircleCI', commit: COMMIT, branch: 'v1', job: 'test', url: 'https://circle.example/1' },
  ],
  [
    {
      JENKINS_URL: 'http://jenkins.example/',
      BUILD_ID: '1',
      GIT_COMMIT: COMMIT,
      GIT_BRANCH: 'origin/main',
      JOB_NAME: 'ws/main',
      BUILD_URL: 'http://jenkins.example/job/ws/1/',
    },
    {
      name: 'Jenkins',
      commit: COMMIT,
      branch: 'origin/main',
      job: 'ws/main',
      url: 'http://jenkins.example/job/ws/1/',
    },
  ],
  [
    {
      CI: 'true',
      BUILDKITE: 'true',
      BUILDKITE_COMMIT: COMMIT,
      BUILDKITE_BRANCH: 'main',
      BUILDKITE_LABEL: 'ws',
      BUILDKITE_BUILD_URL: 'https://kite.example/1',
    },
    { name: 'Buildkite', commit: COMMIT, branch: 'main', job: 'ws', url: 'https://kite.example/1' },
  ],
  [{ CI: '1' }, { name: 'CI' }],
  [{ CI: 'woodpecker' }, { name: 'Woodpecker' }],
  [{ CI: 'true', TRAVIS: 'true' }, { name: 'Travis CI' }],
])('reads the facts about the job from %j', (env, facts) => {
  expect(factsIn(env)).toEqual(facts);
});

test.each<Record<string, string>>([
  {},
  { CI: '' },
  { CI: 'false' },
  { CI: '0' },
  { GITHUB_ACTIONS: 'false', GITHUB_SHA: COMMIT },
])('finds no CI job in %j', (env) => {
  expect(factsIn(env)).toBeUndefined();
});

test('takes the branch of a pull request, not the merge that GitHub makes of it', () => {
  const env = { GITHUB_ACTIONS: 'true', GITHUB_HEAD_REF: 'their-branch', GITHUB_REF_NAME: '7/merge' };
  expect(factsIn(env)).toEqual({ name: 'GitHub Actions', branch: 'their-branch' });
});

test('leaves out the address of the job if one of its variables is missing', () => {
  const env = { GITHUB_ACTIONS: 'true', GITHUB_SERVER_URL: 'https://git.example', GITHUB_RUN_ID: '1' };
  expect(factsIn(env)).toEqual({ name: 'GitHub Actions' });
});

test('writes the facts into the report, and also the commit if git does not know the commit', async () => {
  const home = mkdtempSync(join(tmpdir(), 'ci-test-'));
  try {
    const seed = join(import.meta.dirname, '../../fixtures/recorded/seed');
    const [node, main] = COMMAND;
    const env = { GITLAB_CI: 'true', CI_COMMIT_SHA: COMMIT, CI_COMMIT_REF_NAME: '<main>', GITHUB_ACTIONS: '' };
    const { exitCode } = await execa(node, [main, '--from', seed, '7.1.6'], {
      cwd: home,
      reject: false,
      env: { ...env, GIT_CEILING_DIRECTORIES: tmpdir() },
    });
    expect(exitCode).toBe(1);
    const { run } = reportSchema.parse(JSON.parse(readFileSync(join(home, 'conformance-report/report.json'), 'utf8')));
    expect(run).toMatchObject({ commit: COMMIT, dirty: null, ci: { name: 'GitLab CI', branch: '<main>' } });
    const index = readFileSync(join(home, 'conformance-report/index.html'), 'utf8');
    expect(index).toContain('GitLab CI, branch &lt;main&gt;');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

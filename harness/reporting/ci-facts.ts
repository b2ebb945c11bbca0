import type { Report } from '../../reports/document/report.ts';

/** What a CI system says of the job it runs us in, as the report has it, and the commit that it checked out. */
export type CiFacts = NonNullable<Report['run']['ci']> & { commit?: string };

type Env = Readonly<Record<string, string | undefined>>;
type Said = { [fact in keyof CiFacts]: string | undefined };

/** Which CI systems we know, each by a variable that no other sets, and what their variables mean. */
const SYSTEMS: readonly { sets: string; says(env: Env): Said }[] = [
  {
    sets: 'GITHUB_ACTIONS',
    says: (env) => ({
      name: 'GitHub Actions',
      commit: env.GITHUB_SHA,
      // Of a pull request the ref is a merge that nobody can check out by name.
      branch: env.GITHUB_HEAD_REF || env.GITHUB_REF_NAME,
      job: env.GITHUB_JOB,
      url: joined([env.GITHUB_SERVER_URL, env.GITHUB_REPOSITORY, 'actions/runs', env.GITHUB_RUN_ID]),
    }),
  },
  {
    sets: 'GITLAB_CI',
    says: (env) => ({
      name: 'GitLab CI',
      commit: env.CI_COMMIT_SHA,
      branch: env.CI_COMMIT_REF_NAME,
      job: env.CI_JOB_NAME,
      url: env.CI_JOB_URL,
    }),
  },
  {
    sets: 'CIRCLECI',
    says: (env) => ({
      name: 'CircleCI',
      commit: env.CIRCLE_SHA1,
      branch: env.CIRCLE_BRANCH || env.CIRCLE_TAG,
      job: env.CIRCLE_JOB,
      url: env.CIRCLE_BUILD_URL,
    }),
  },
  {
    sets: 'JENKINS_URL',
    says: (env) => ({
      name: 'Jenkins',
      commit: env.GIT_COMMIT,
      branch: env.CHANGE_BRANCH || env.BRANCH_NAME || env.GIT_BRANCH,
      job: env.JOB_NAME,
      url: env.BUILD_URL,
    }),
  },
  {
    sets: 'BUILDKITE',
    says: (env) => ({
      name: 'Buildkite',
      commit: env.BUILDKITE_COMMIT,
      branch: env.BUILDKITE_BRANCH,
      job: env.BUILDKITE_LABEL,
      url: env.BUILDKITE_BUILD_URL,
    }),
  },
];

/**
 * The facts that the environment tells of the CI job we run in; undefined outside of one. All of it is foreign text: a
 * branch is named by whoever opens a pull request. An empty variable says nothing.
 */
export function ciFacts(env: Env): CiFacts | undefined {
  const system = SYSTEMS.find(({ sets }) => isSet(env[sets]));
  if (system === undefined) return isSet(env.CI) ? { name: 'CI' } : undefined;
  const { name = '', ...others } = system.says(env);
  return { name, ...Object.fromEntries(Object.entries(others).filter(([, value]) => value)) };
}

/** The same as an option of `run`, which is left out outside of a job. */
export function ciOption(env: Env): { ci?: CiFacts } {
  const ci = ciFacts(env);
  return ci === undefined ? {} : { ci };
}

const isSet = (value: string | undefined) => value !== undefined && !/^(|0|false|no)$/i.test(value);

/** An address of its parts; undefined where one is not told. */
function joined(parts: readonly (string | undefined)[]): string | undefined {
  return parts.every((part) => part) ? parts.join('/') : undefined;
}

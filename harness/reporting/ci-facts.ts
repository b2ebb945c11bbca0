import ciInfo from 'ci-info';
import type { Report } from '../../reports/document/report.ts';
import { omitUndefined } from '../support/omit-undefined.ts';

/** Facts about the CI job that runs this tool, in the format of the report, and the commit that the job checked out. */
export type CiFacts = NonNullable<Report['run']['ci']> & { commit?: string };

type Env = Readonly<Record<string, string | undefined>>;
/** The CI system that the package ci-info finds in the environment. */
type DetectedCi = Pick<typeof ciInfo, 'id' | 'name'>;

/** How to read the facts about a job of one CI system from environment variables. */
interface CiSystem {
  /** A variable that only this system sets. */
  variable: string;
  facts(env: Env): { [fact in Exclude<keyof CiFacts, 'name'>]: string | undefined };
}

/**
 * How to read commit, branch, job name and job address from the environment variables of five CI systems. The keys are
 * ids of the package ci-info. That package detects 55 CI systems, but reads none of these facts.
 */
const SYSTEMS: Readonly<Record<string, CiSystem>> = {
  GITHUB_ACTIONS: {
    variable: 'GITHUB_ACTIONS',
    facts: (env) => ({
      commit: env.GITHUB_SHA,
      // For a pull request GITHUB_REF_NAME is a merge made by GitHub, such as "7/merge", and not a branch.
      branch: env.GITHUB_HEAD_REF || env.GITHUB_REF_NAME,
      job: env.GITHUB_JOB,
      url: joinUrl([env.GITHUB_SERVER_URL, env.GITHUB_REPOSITORY, 'actions/runs', env.GITHUB_RUN_ID]),
    }),
  },
  GITLAB: {
    variable: 'GITLAB_CI',
    facts: (env) => ({
      commit: env.CI_COMMIT_SHA,
      branch: env.CI_COMMIT_REF_NAME,
      job: env.CI_JOB_NAME,
      url: env.CI_JOB_URL,
    }),
  },
  CIRCLE: {
    variable: 'CIRCLECI',
    facts: (env) => ({
      commit: env.CIRCLE_SHA1,
      branch: env.CIRCLE_BRANCH || env.CIRCLE_TAG,
      job: env.CIRCLE_JOB,
      url: env.CIRCLE_BUILD_URL,
    }),
  },
  JENKINS: {
    variable: 'JENKINS_URL',
    facts: (env) => ({
      commit: env.GIT_COMMIT,
      branch: env.CHANGE_BRANCH || env.BRANCH_NAME || env.GIT_BRANCH,
      job: env.JOB_NAME,
      url: env.BUILD_URL,
    }),
  },
  BUILDKITE: {
    variable: 'BUILDKITE',
    facts: (env) => ({
      commit: env.BUILDKITE_COMMIT,
      branch: env.BUILDKITE_BRANCH,
      job: env.BUILDKITE_LABEL,
      url: env.BUILDKITE_BUILD_URL,
    }),
  },
};

/**
 * Facts about the CI job that runs this tool; undefined outside of CI. All facts are untrusted text, because the author of
 * a pull request chooses the name of the branch. An empty variable counts as missing.
 * @param detected the CI system that ci-info found in the environment of this process.
 */
export function ciFacts(env: Env, { id, name }: DetectedCi = ciInfo): CiFacts | undefined {
  const system = id === null ? undefined : SYSTEMS[id];
  if (system !== undefined && !isSet(env[system.variable])) return undefined;
  if (name === null) return isSet(env.CI) ? { name: 'CI' } : undefined;
  const facts = Object.entries(system?.facts(env) ?? {}).filter(([, value]) => value);
  return { name, ...Object.fromEntries(facts) };
}

/** The facts about the CI job, in the form in which `run` takes them. Outside of CI the object is empty. */
export function ciOption(env: Env): { ci?: CiFacts } {
  return omitUndefined({ ci: ciFacts(env) });
}

/** Whether a variable has a value other than empty, `0`, `false` or `no`. */
const isSet = (value: string | undefined) => value !== undefined && !/^(|0|false|no)$/i.test(value);

/** Joins the parts of an address with `/`; undefined if a part is missing. */
function joinUrl(parts: readonly (string | undefined)[]): string | undefined {
  return parts.every((part) => part) ? parts.join('/') : undefined;
}

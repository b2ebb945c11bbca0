import { execa } from 'execa';

/** Commit and state of a git working tree; each is null if git cannot say. */
export interface Revision {
  commit: string | null;
  /** Whether a file was changed, added or deleted since the commit. */
  dirty: boolean | null;
}

const UNKNOWN: Revision = { commit: null, dirty: null };

/** Time limit of git, because a repository on a slow network disk must not delay the report. */
const TIMEOUT_MS = 5000;

/**
 * Reads the commit and the state of the working tree that contains a folder. One `git status` answers both.
 * `--no-optional-locks` keeps it from locking the index, because the user may run git at the same time.
 * @returns nulls if there is no git, no repository or no commit. Never rejects.
 */
export async function readRevision(folder: string = process.cwd()): Promise<Revision> {
  const { failed, stdout } = await execa('git', ['--no-optional-locks', 'status', '--porcelain=v2', '--branch'], {
    cwd: folder,
    reject: false,
    timeout: TIMEOUT_MS,
    stdin: 'ignore',
    stderr: 'ignore',
  });
  return failed ? UNKNOWN : parseStatus(stdout);
}

/** Parses `git status --porcelain=v2 --branch`: header lines begin with `#`, every other line is a change. */
export function parseStatus(text: string): Revision {
  // Before the first commit the line reads "# branch.oid (initial)".
  const commit = /^# branch\.oid ([0-9a-f]{40,64})$/m.exec(text)?.[1];
  return commit === undefined ? UNKNOWN : { commit, dirty: /^[^#]/m.test(text) };
}

import { execa } from 'execa';

/** Commit and state of a git working tree; a field is null if git cannot tell its value. */
export interface Revision {
  commit: string | null;
  /** Whether a file was changed, added or deleted since the commit. */
  dirty: boolean | null;
}

const UNKNOWN: Revision = { commit: null, dirty: null };

/** Time limit of the git command in milliseconds. On a slow network disk, git must not delay the report. */
const TIMEOUT_MS = 5000;

/**
 * Reads the commit and the state of the git working tree that contains a folder, with one `git status`. The option
 * `--no-optional-locks` keeps git from locking the index, because the user may run git at the same time.
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

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

/** Our name and version, from the package. */
export const TOOL: { name: string; version: string } = readPackage();

/**
 * The commit the user's working tree stands at; null where there is none to be told. Never rejects. One call of git for
 * both, beside whatever else goes on, and without the lock that `status` takes on its own account.
 */
export async function revision(): Promise<{ commit: string | null; dirty: boolean | null }> {
  const status = ['--no-optional-locks', 'status', '--porcelain=v2', '--branch'];
  try {
    return readStatus((await promisify(execFile)('git', status, { timeout: 5000 })).stdout);
  } catch {
    return { commit: null, dirty: null };
  }
}

/** What `git status --porcelain=v2 --branch` says: headers begin with `#`, every other line is a change. */
export function readStatus(text: string): { commit: string | null; dirty: boolean | null } {
  const commit = /^# branch\.oid ([0-9a-f]{40,64})$/m.exec(text)?.[1];
  // Before the first commit there is an id in words, "(initial)", and nothing that a tree could differ from.
  return commit === undefined ? { commit: null, dirty: null } : { commit, dirty: /^[^#]/m.test(text) };
}

function readPackage(): { name: string; version: string } {
  // From the source tree the package is two folders up, from the compiled one three.
  for (const up of ['../..', '../../..']) {
    try {
      const { name, version } = JSON.parse(readFileSync(resolve(import.meta.dirname, up, 'package.json'), 'utf8'));
      if (name === 'ws-conformance') return { name, version };
    } catch {
      // look one folder further up
    }
  }
  return { name: 'ws-conformance', version: 'unknown' };
}

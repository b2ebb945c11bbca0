import { closeSync, existsSync, lstatSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { loadConfig } from '../../config/config-file.ts';
import { errorMessage } from '../../support/error-message.ts';
import { HarnessError } from '../../support/harness-error.ts';

/**
 * The root of the git repository that contains a folder. GitHub finds workflows only there. Outside of a repository,
 * the function returns the folder itself.
 */
export function repositoryOf(folder: string): string {
  for (let parent = resolve(folder); ; parent = dirname(parent)) {
    if (existsSync(join(parent, '.git'))) return parent;
    if (dirname(parent) === parent) return folder;
  }
}

/**
 * Whether a .gitignore, in the root of the repository or in `folder`, names the report folder. Outside of a repository
 * the answer is true.
 */
export function ignoresReport(root: string, folder: string): boolean {
  if (!existsSync(join(root, '.git'))) return true;
  return [root, folder].some((parent) => {
    const path = join(parent, '.gitignore');
    return existsSync(path) && /^\/?(.*\/)?conformance-report\/?$/m.test(readFileSync(path, 'utf8'));
  });
}

/**
 * Whether a path exists. A symbolic link to a missing file counts as existing. A path that cannot be read counts as
 * missing: writing the file later fails and gives the reason.
 */
function pathExists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Checks that none of the files exists.
 * @throws HarnessError with exit code 2 that names all files that exist.
 */
export function refuseExistingFiles(folder: string, paths: readonly string[]): void {
  const existing = paths.filter(pathExists);
  if (existing.length === 0) return;
  throw alreadyExists(folder, existing.map((path) => relative(folder, path)).join(', '));
}

function alreadyExists(folder: string, files: string): HarnessError {
  return new HarnessError(2, {
    what: `There is already ${files}.`,
    where: folder,
    why: 'init does not overwrite files. No file was written.',
    todo: 'Move the file away, or add the missing parts yourself. --name changes the name of the expectation file.',
  });
}

/**
 * Checks that the folder has no configuration yet, because two configurations in one folder are an error in every later
 * run.
 * @throws HarnessError with exit code 2 if the folder has a configuration of any form, for example in package.json.
 */
export async function refuseOtherConfig(folder: string): Promise<void> {
  const found = await loadConfig(folder, undefined);
  if (found === undefined || dirname(found.path) !== resolve(folder)) return;
  const name = basename(found.path);
  throw alreadyExists(folder, name === 'package.json' ? 'a configuration in package.json, under "conformance"' : name);
}

/**
 * Writes all files or none. A file that another process creates in the meantime is not overwritten.
 * @param files path → text.
 * @throws HarnessError with exit code 2 if a file cannot be written.
 */
export function writeAll(files: ReadonlyMap<string, string>): void {
  const written: string[] = [];
  for (const [path, text] of files) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      const file = openSync(path, 'wx');
      written.push(path);
      try {
        writeFileSync(file, text);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      for (const writtenPath of written) rmSync(writtenPath, { force: true });
      throw new HarnessError(2, {
        what: 'A file cannot be written. init wrote no file.',
        where: path,
        why: errorMessage(error),
        todo: 'Check the path, the permissions and the free disk space, and run init again.',
      });
    }
  }
}

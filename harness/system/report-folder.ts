import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { errorMessage } from '../support/error-message.ts';
import { HarnessError } from '../support/harness-error.ts';

/** The file that shows that a folder is a report of this tool. It is the last file that is written. */
const MARKER = 'report.json';

/**
 * Resolves the symbolic links of a path. A report therefore goes where the user's link points, even if the target does
 * not exist yet. Never throws: an error appears when the path is used.
 */
export function followLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    try {
      return resolve(dirname(path), readlinkSync(path));
    } catch {
      return resolve(path);
    }
  }
}

/**
 * Creates a folder next to `out` in which a report is prepared. The function `publishStagedReport` later renames it to
 * `out`.
 * @throws HarnessError with exit code 2 if `out` is a folder with other files of the user; with exit code 3 if nothing
 * can be written there.
 */
export function createStagingFolder(out: string): string {
  assertReplaceable(out);
  try {
    const target = followLinks(out);
    mkdirSync(dirname(target), { recursive: true });
    const staged = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
    // A folder made by mkdtemp can be read only by its owner. A report must be readable for everybody whom the user's
    // umask allows.
    chmodSync(staged, 0o777 & ~process.umask());
    return staged;
  } catch (error) {
    throw writeError(out, error);
  }
}

/** Path to which the previous report is moved while the new report takes its place. */
export const previousReportPath = (staged: string): string => `${staged}-before`;

/**
 * Replaces the report in `out` by a complete new report. If several runs do so at the same time, the report of the last
 * run stays.
 * @throws HarnessError with exit code 2 or 3, in the same cases as the function `createStagingFolder`.
 */
export function publishStagedReport(staged: string, out: string): void {
  const aside = previousReportPath(staged);
  try {
    const target = followLinks(out);
    for (let attempt = 0; ; attempt++) {
      assertReplaceable(target);
      // Between any two of these steps, another run may move the old report away or put its own report there.
      if (existsSync(target)) attemptRename(target, aside);
      if (attemptRename(staged, target)) break;
      if (attempt === 20) throw new Error('other processes write to the folder all the time');
      rmSync(aside, { recursive: true, force: true });
    }
    rmSync(aside, { recursive: true, force: true });
  } catch (error) {
    if (error instanceof HarnessError) throw error;
    throw writeError(out, error);
  }
}

/**
 * Renames a folder.
 * @returns false if another process was faster: the folder `from` is gone, or the folder `to` exists.
 */
function attemptRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(String(error.code)))
      return false;
    throw error;
  }
}

/**
 * Checks that a folder is empty or a report of this tool. Any other folder is refused, because replacing it would
 * delete files of the user.
 * @throws HarnessError with exit code 2.
 */
export function assertReplaceable(out: string): void {
  const folder = resolve(out);
  if (!existsSync(folder)) return;
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    names = ['(a file)'];
  }
  if (names.length === 0 || isReport(folder)) return;
  throw new HarnessError(2, {
    what: 'The report cannot be written there: the folder holds something else.',
    where: folder,
    why: `It has ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' …' : ''}, and no report of this tool. A new report replaces its whole folder.`,
    todo: 'Name another folder with --out.',
  });
}

function isReport(folder: string): boolean {
  try {
    const report: unknown = JSON.parse(readFileSync(join(folder, MARKER), 'utf8'));
    return typeof report === 'object' && report !== null && 'schemaVersion' in report && 'gate' in report;
  } catch {
    return false;
  }
}

/** Creates a folder of a report and its parent folders. @throws HarnessError with exit code 3. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw writeError(folder, error);
  }
}

/**
 * Replaces the text of a file, either completely or not at all. The file keeps its permissions. If the path is a
 * symbolic link, the file behind the link is replaced. A path that is not a regular file, such as /dev/stdout, is
 * written to directly.
 * @throws the error of the file system. No temporary file is left then.
 */
export function replaceFile(path: string, text: string): void {
  const before = statSync(path, { throwIfNoEntry: false });
  if (before !== undefined && !before.isFile()) {
    writeFileSync(path, text);
    return;
  }
  const target = followLinks(path);
  const temporary = `${target}.${process.pid}.new`;
  try {
    writeFileSync(temporary, text);
    if (before !== undefined) chmodSync(temporary, before.mode & 0o7777);
    renameSync(temporary, target);
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary);
    throw error;
  }
}

/** The error for a report that cannot be written, for example because the disk is full. */
export function writeError(where: string, error: unknown): HarnessError {
  return new HarnessError(
    3,
    {
      what: 'The report could not be written.',
      where: resolve(where),
      why: errorMessage(error),
      todo: 'Check that you may write to the folder and that the disk is not full, or name another folder with --out.',
    },
    { cause: error },
  );
}

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
import { HarnessError } from '../support/harness-error.ts';

/** The file that makes a folder one of ours; it is written last. */
const MARK = 'report.json';

/**
 * Where a path leads, through symbolic links, also one to what is not there yet: who links a folder elsewhere wants it
 * there. What cannot be looked at is told by who tries to use it.
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
 * A folder beside `out` in which a report is made; `placeReport` moves it there when it is complete.
 * @throws HarnessError (2) when `out` holds something that is not a report of ours; (3) when nothing can be written there.
 */
export function createStagingFolder(out: string): string {
  assertReplaceable(out);
  try {
    const place = followLinks(out);
    mkdirSync(dirname(place), { recursive: true });
    const staged = mkdtempSync(join(dirname(place), `.${basename(place)}-`));
    // A temporary folder is for its owner alone; a report is for everybody whom the user's umask lets read.
    chmodSync(staged, 0o777 & ~process.umask());
    return staged;
  } catch (error) {
    throw writeError(out, error);
  }
}

/** Where the report before goes while a new one takes its place. */
export const previousReportPath = (staged: string): string => `${staged}-before`;

/** Puts a complete report in place of the one before. Of several runs at once the last one stays. */
export function publishStagedReport(staged: string, out: string): void {
  const aside = previousReportPath(staged);
  try {
    const place = followLinks(out);
    for (let attempt = 0; ; attempt++) {
      assertReplaceable(place);
      // Another run may take the old report away, or put its own there, between any two of these steps.
      if (existsSync(place)) attemptRename(place, aside);
      if (attemptRename(staged, place)) break;
      if (attempt === 20) throw new Error('the folder is written to by others all the time');
      rmSync(aside, { recursive: true, force: true });
    }
    rmSync(aside, { recursive: true, force: true });
  } catch (error) {
    if (error instanceof HarnessError) throw error;
    throw writeError(out, error);
  }
}

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
 * Only an empty folder, or one that bears our mark, may be replaced: the user's files are not ours to delete.
 * @throws HarnessError (2) for any other.
 */
export function assertReplaceable(out: string): void {
  const place = resolve(out);
  if (!existsSync(place)) return;
  let names: string[] = [];
  try {
    names = readdirSync(place);
  } catch {
    names = ['(a file)'];
  }
  if (names.length === 0 || isOurs(place)) return;
  throw new HarnessError(2, {
    what: 'The report may not be written there: the folder holds something else.',
    where: place,
    why: `It has ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' …' : ''}, and no report of ours; a new report replaces its folder as a whole.`,
    todo: 'Name another folder with --out.',
  });
}

function isOurs(place: string): boolean {
  try {
    const report: unknown = JSON.parse(readFileSync(join(place, MARK), 'utf8'));
    return typeof report === 'object' && report !== null && 'schemaVersion' in report && 'gate' in report;
  } catch {
    return false;
  }
}

/** Makes a folder of a report, and those above it. @throws HarnessError (3). */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw writeError(folder, error);
  }
}

/**
 * Replaces a file as a whole, or not at all; what a link leads to stays linked, and a file keeps who may read it. What is
 * no file, such as /dev/stdout, takes the text and stays what it is.
 * @throws what the file system says; nothing is left beside it then.
 */
export function replaceFile(path: string, text: string): void {
  const before = statSync(path, { throwIfNoEntry: false });
  if (before !== undefined && !before.isFile()) {
    writeFileSync(path, text);
    return;
  }
  const place = followLinks(path);
  const beside = `${place}.${process.pid}.new`;
  try {
    writeFileSync(beside, text);
    if (before !== undefined) chmodSync(beside, before.mode & 0o7777);
    renameSync(beside, place);
  } catch (error) {
    if (existsSync(beside)) rmSync(beside);
    throw error;
  }
}

/** A disk that is full or may not be written: we can tell the outcome, but not keep it. */
export function writeError(where: string, error: unknown): HarnessError {
  return new HarnessError(
    3,
    {
      what: 'The report could not be written.',
      where: resolve(where),
      why: error instanceof Error ? error.message : String(error),
      todo: 'Check that the folder may be written and the disk is not full, or name another with --out.',
    },
    { cause: error },
  );
}

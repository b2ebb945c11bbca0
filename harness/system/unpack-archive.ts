import { existsSync, mkdtempSync, readdirSync, rmSync, type Stats, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { execa } from 'execa';
import { HarnessError } from '../support/harness-error.ts';

/**
 * A folder of results, or an archive of one (`.tar`, `.tar.gz`, `.tar.xz`, as CI systems keep them), which is unpacked
 * into a temporary folder until `remove` is called.
 * @throws HarnessError (2) when there is nothing there or it cannot be unpacked.
 */
export async function unpackResults(from: string): Promise<{ folder: string; remove: () => void }> {
  const path = resolve(from);
  const stat = statOf(path);
  if (stat.isDirectory()) return { folder: refuseReport(path), remove: () => {} };
  if (basename(path) === 'index.json') return { folder: dirname(path), remove: () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'ws-conformance-results-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // tar itself refuses members that lead out of the folder.
  const { exitCode, stderr } = await execa('tar', ['-x', '-f', path, '-C', folder, '--no-same-owner'], {
    reject: false,
  });
  if (exitCode !== 0) {
    remove();
    throw new HarnessError(2, {
      what: 'The results cannot be unpacked.',
      where: path,
      why: stderr || 'tar is not installed.',
      todo: 'Unpack the archive yourself, and name the folder that holds index.json.',
    });
  }
  return { folder, remove };
}

/** @throws HarnessError (2) where nothing is there, or we may not look. */
function statOf(path: string): Stats {
  const none = (why: string) =>
    new HarnessError(2, {
      what: 'There are no results to read.',
      where: path,
      why,
      todo: 'Name the folder that holds index.json.',
    });
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined) return stat;
  } catch (error) {
    throw none(error instanceof Error ? error.message : String(error));
  }
  throw none('There is no such folder.');
}

/** A folder, unless it is that of a report, which has the results of each agent further down. @throws HarnessError (2). */
function refuseReport(folder: string): string {
  const results = join(folder, 'results');
  if (existsSync(join(folder, 'index.json')) || !existsSync(join(folder, 'report.json')) || !existsSync(results))
    return folder;
  const shown = readdirSync(results).map((name) => relative(process.cwd(), join(results, name)));
  throw new HarnessError(2, {
    what: 'This is the folder of a report; its results are further down.',
    where: folder,
    why: 'Each of its agents has a folder of results of its own.',
    todo: `Name one: ${shown.map((path) => `--from ${path}`).join(' or ')}`,
  });
}

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { Trouble } from './trouble.ts';

/**
 * A folder of results, or an archive of one (`.tar`, `.tar.gz`, `.tar.xz`, as CI systems keep them), which is unpacked
 * into a temporary folder until `remove` is called.
 * @throws Trouble (2) when there is nothing there or it cannot be unpacked.
 */
export async function unpackResults(from: string): Promise<{ folder: string; remove: () => void }> {
  const path = resolve(from);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) {
    throw new Trouble(2, {
      what: 'There are no results to read.',
      where: path,
      why: 'There is no such folder.',
      todo: 'Name the folder that holds index.json.',
    });
  }
  if (stat.isDirectory()) return { folder: path, remove: () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'ws-conformance-results-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // tar itself refuses members that lead out of the folder.
  const { exitCode, stderr } = await execa('tar', ['-x', '-f', path, '-C', folder, '--no-same-owner'], {
    reject: false,
  });
  if (exitCode !== 0) {
    remove();
    throw new Trouble(2, {
      what: 'The results cannot be unpacked.',
      where: path,
      why: stderr || 'tar is not installed.',
      todo: 'Unpack the archive yourself, and name the folder that holds index.json.',
    });
  }
  return { folder, remove };
}

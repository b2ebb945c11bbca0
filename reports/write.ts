import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import type { ReportFile } from './document/files.ts';

/**
 * Writes files below `folder`, one at a time, and creates the folders that these files need. No other function writes
 * the files of a report.
 * @returns the number of files and bytes that were written.
 * @throws Error for a path that leaves the folder, before writing that file; also the errors of the file system
 * (ENOSPC, EACCES).
 */
export async function writeFiles(
  folder: string,
  files: Iterable<ReportFile>,
): Promise<{ files: number; bytes: number }> {
  const made = new Set<string>();
  const written = { files: 0, bytes: 0 };
  for (const { path, content } of files) {
    const target = resolveInside(folder, path);
    const parent = dirname(target);
    if (!made.has(parent)) {
      await mkdir(parent, { recursive: true });
      made.add(parent);
    }
    const bytes = Buffer.from(content, 'utf8');
    await writeFile(target, bytes);
    written.files++;
    written.bytes += bytes.length;
  }
  return written;
}

/**
 * Returns the absolute path of `path` below `folder`.
 * @throws Error if `path` is absolute, empty, contains `..`, or is not portable.
 */
export function resolveInside(folder: string, path: string): string {
  const root = resolve(folder);
  const target = resolve(root, path);
  const parts = path.split('/');
  const bad = parts.some((part) => part === '' || part === '.' || part === '..') || /[\\:\0]/.test(path);
  if (bad || !target.startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw new Error(
      `The report would write ${JSON.stringify(path)}, which is not below its own folder ${root}; nothing was written there.`,
    );
  }
  return target;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { writeFiles } from '../write.ts';
import { samplePages } from './sample-pages.ts';

/**
 * The sample pages in a folder of their own while the tests of a file run, as a reader has them on disk.
 * @returns the folder, which is gone afterwards, and the `file:` address of a path in it.
 */
export function pagesOnDisk(prefix: string): { home: string; at: (path: string) => string } {
  const home = mkdtempSync(join(tmpdir(), prefix));
  beforeAll(async () => void (await writeFiles(home, samplePages())));
  afterAll(() => rmSync(home, { recursive: true }));
  return { home, at: (path) => pathToFileURL(join(home, path)).href };
}

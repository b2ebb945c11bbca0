import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { writeFiles } from '../write.ts';
import { samplePages } from './sample-pages.ts';

/**
 * Writes the sample pages to a temporary folder for the tests of one file.
 * @returns the temporary folder, which is deleted after the tests, and a function that returns the `file:` address of a
 * path in this folder.
 */
export function pagesOnDisk(prefix: string): { home: string; at: (path: string) => string } {
  const home = mkdtempSync(join(tmpdir(), prefix));
  beforeAll(async () => void (await writeFiles(home, samplePages())));
  afterAll(() => rmSync(home, { recursive: true }));
  return { home, at: (path) => pathToFileURL(join(home, path)).href };
}

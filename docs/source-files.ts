import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/**
 * Lists the source files of the repository and their imports, for the tests of the architecture and of the comments.
 */

const root = join(import.meta.dirname, '..');

/** The top-level folders that hold source files. */
export const ROOMS = ['server', 'harness', 'reports', 'fixtures', 'bench', 'docs'] as const;

/** Folders without source files of this project: packages, recorded results, builds of servers in other languages. */
const SKIPPED = new Set(['node_modules', 'recorded', '.build']);

/** A file that `npm run templates` generates. The repository does not contain the file. */
const GENERATED = 'reports/pages/templates/compiled.js';

/** Every file below the top-level folders, as a path from the root. */
export const allFiles: readonly string[] = ROOMS.flatMap((room) => filesIn(room));

/** Every TypeScript and JavaScript file below the top-level folders, as a path from the root. */
export const sourceFiles: readonly string[] = allFiles.filter(
  (file) => /\.(ts|mjs|js)$/.test(file) && !file.endsWith('.d.ts') && file !== GENERATED,
);

export const readSource = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Whether a file is a test: `*.test.ts`, or a file in a folder that holds only tests. */
export const isTest = (file: string): boolean =>
  file.endsWith('.test.ts') || /^(server\/attacks|harness\/end-to-end)\//.test(file);

/** Whether a file is a test kit: `testing.ts`, or a file in a folder named `testing`. */
export const isTestKit = (file: string): boolean => file.endsWith('/testing.ts') || file.includes('/testing/');

/**
 * The files that a file imports with a relative path, as paths from the root. Includes type imports and dynamic
 * imports.
 */
export function importsOf(file: string): string[] {
  const paths = readSource(file).matchAll(/(?:from|import|import\()\s*'(\.[^']*)'/g);
  return [...paths].map(([, path = '']) => posix.join(posix.dirname(file), path));
}

/** The packages and Node modules that a file imports, type imports and dynamic imports included. */
export function packagesOf(file: string): string[] {
  const names = readSource(file).matchAll(/(?:from|import|import\()\s*'([^.'][^']*)'/g);
  return [...names].map(([, name = '']) => name);
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : filesIn(path);
    return entry.isFile() ? [path] : [];
  });
}

import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPage } from './pages.ts';
import { importsOf, isTest, isTestKit, packagesOf, sourceFiles } from './source-files.ts';

/**
 * The tables of ARCHITECTURE.md say which folder may import from which. This test reads the tables and checks every
 * import of every file.
 */

const page = readPage('ARCHITECTURE.md');

const MAX_FILES_PER_FOLDER = 25;

/** Folder → the folders from which it may import, from every table with the head `| folder | may import |`. */
const allowedImports = new Map(
  rowsOf('| folder | may import |').map(([folder = '', imports = '']) => [folder, namesIn(imports)]),
);

/** Top-level folder → the folders from which its tests and test kits may import, in addition to those in the tables. */
const TESTS_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  server: ['server'],
  reports: ['reports'],
  harness: ['harness', 'reports', 'fixtures', 'docs'],
  fixtures: ['server', 'harness', 'reports', 'fixtures', 'bench', 'docs'],
  bench: ['server', 'harness', 'reports', 'fixtures', 'bench', 'docs'],
  docs: ['server', 'harness', 'reports', 'fixtures', 'bench', 'docs'],
};

const codeFiles = sourceFiles.filter((file) => !isTest(file) && !isTestKit(file));
const codeFolders = [...new Set(codeFiles.map((file) => posix.dirname(file)))];

/** The cells of the rows below each occurrence of a table head. */
function rowsOf(head: string): string[][] {
  return page
    .split(`${head}\n`)
    .slice(1)
    .flatMap((table) =>
      table
        .slice(0, table.search(/\n(?!\|)/))
        .split('\n')
        .slice(1)
        .map((row) => row.split('|').slice(1, -1))
        .map(([first = '', ...rest]) => [namesIn(first)[0] ?? '', ...rest]),
    );
}

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

/**
 * Finds the first cell of the table row for a folder: the folder itself, or a pattern with `*` that matches the folder.
 */
function rowFor(folder: string): string | undefined {
  if (allowedImports.has(folder)) return folder;
  const parent = posix.dirname(folder);
  return allowedImports.has(`${parent}/*`) ? `${parent}/*` : undefined;
}

/** Returns the first cycle of imports that starts at a folder, as a list of folders, or undefined if there is none. */
function cycleFrom(folder: string, path: readonly string[] = []): readonly string[] | undefined {
  if (path.includes(folder)) return [...path.slice(path.indexOf(folder)), folder];
  for (const next of allowedImports.get(folder) ?? []) {
    const cycle = cycleFrom(next, [...path, folder]);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** The imports of a file that the tables do not allow, each as `folder → folder`. */
function forbiddenImports(file: string): string[] {
  const folder = posix.dirname(file);
  const row = rowFor(folder) ?? folder;
  const allowed = allowedImports.get(row) ?? [];
  const isFree = isTest(file) || isTestKit(file);
  const roots = isFree ? (TESTS_MAY_IMPORT[file.split('/')[0] ?? ''] ?? []) : [];
  return importsOf(file)
    .filter((imported) => {
      if (roots.includes(imported.split('/')[0] ?? '')) return false;
      const target = posix.dirname(imported);
      if (isTest(imported)) return true;
      if (isTestKit(imported)) return !allowed.includes(target);
      return target !== folder && !allowed.includes(target) && !allowed.includes(rowFor(target) ?? target);
    })
    .map((imported) => `${row} → ${posix.dirname(imported)}`);
}

describe('the import tables of ARCHITECTURE.md', () => {
  it('have a row for every folder with source files', () => {
    expect(codeFolders.filter((folder) => rowFor(folder) === undefined)).toEqual([]);
    expect(codeFolders.length).toBeGreaterThan(30);
  });

  it('name only folders that exist', () => {
    const folders = sourceFiles.map((file) => posix.dirname(file));
    const names = new Set([...allowedImports.keys(), ...[...allowedImports.values()].flat()]);
    const missing = [...names].filter((name) =>
      name.endsWith('/*') ? !folders.some((folder) => rowFor(folder) === name) : !folders.includes(name),
    );
    expect(missing).toEqual([]);
  });

  it('have no cycle', () => {
    expect([...allowedImports.keys()].map((folder) => cycleFrom(folder)).find(Boolean)).toBeUndefined();
  });
});

describe('the folder tables of ARCHITECTURE.md', () => {
  it('describe every folder of server, harness and reports', () => {
    const described = rowsOf('| folder | contents |').map(([folder]) => folder);
    const folders = new Set(
      sourceFiles.map((file) => posix.dirname(file)).filter((folder) => /^(server|harness|reports)(\/|$)/.test(folder)),
    );
    const isKit = (folder: string) => isTestKit(`${folder}/file.ts`) && folder.split('/').length > 2;
    expect([...folders].filter((folder) => !described.includes(folder) && !isKit(folder))).toEqual([]);
    const stale = described.map((name = '') => name.replace(/\/$/, '')).filter((name) => /\//.test(name));
    expect(stale.filter((name) => !folders.has(name))).toEqual([]);
  });
});

describe('imports', () => {
  it.each(sourceFiles)('of %s follow the tables', (file) => {
    expect(forbiddenImports(file)).toEqual([]);
  });

  it('are seen by this test if they break a table', () => {
    expect(importsOf('harness/run/run.ts')).toContain('harness/support/harness-error.ts');
    expect(packagesOf('harness/cli/program.ts')).toContain('commander');
    expect(rowFor('server/protocol')).toBe('server/protocol');
    expect(allowedImports.get('server/protocol')).toEqual(['server/memory']);
  });
});

describe('folders', () => {
  it(`hold at most ${MAX_FILES_PER_FOLDER} source files, tests not counted`, () => {
    const count = (folder: string) => codeFiles.filter((file) => posix.dirname(file) === folder).length;
    expect(codeFolders.filter((folder) => count(folder) > MAX_FILES_PER_FOLDER)).toEqual([]);
  });
});

describe('the server', () => {
  const serverFiles = codeFiles.filter((file) => file.startsWith('server/'));

  it('needs no package', () => {
    expect(serverFiles.flatMap(packagesOf).filter((name) => !name.startsWith('node:'))).toEqual([]);
  });

  it('uses sockets only in server/transport', () => {
    const users = serverFiles.filter((file) => packagesOf(file).some((name) => /^node:(net|tls|https?)$/.test(name)));
    expect([...new Set(users.map((file) => posix.dirname(file)))].sort()).toEqual(['server/transport']);
  });
});

it('reports use the file system only in reports/write.ts and in the build step', () => {
  const users = codeFiles.filter(
    (file) => file.startsWith('reports/') && packagesOf(file).some((name) => name.startsWith('node:fs')),
  );
  expect(users.sort()).toEqual(['reports/pages/precompile.ts', 'reports/write.ts']);
});

it('the embedded engine and its tests never import the server', () => {
  const native = sourceFiles.filter((file) => file.startsWith('harness/engines/native/'));
  expect(native.length).toBeGreaterThan(10);
  expect(native.filter((file) => importsOf(file).some((path) => path.startsWith('server/')))).toEqual([]);
});

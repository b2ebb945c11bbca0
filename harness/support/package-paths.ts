import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file that lies below `PACKAGE_ROOT` in the source tree and in every build. */
const MARKER = 'fixtures/spec/weights.json';

/**
 * Folder that holds `harness/`, `server/` and `fixtures/`: the repository's root, or `dist/` of the built package.
 * Searched upwards, because a chunk of the bundle is not as deep in the tree as its source files.
 */
export const PACKAGE_ROOT = folderAbove((folder) => existsSync(join(folder, MARKER)));

/** Name and version in our package.json, which lies in `PACKAGE_ROOT` or, for the built package, one folder above. */
export function readPackageVersion(): { name: string; version: string } {
  const name = 'ws-conformance';
  let version = 'unknown';
  folderAbove((folder) => {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (manifest.name === name) version = manifest.version;
    } catch {
      // There is no package.json here, or it is not JSON. The next folder above may have ours.
    }
    return version !== 'unknown';
  });
  return { name, version };
}

/**
 * argv that starts a program of this package in a process of its own: TypeScript through tsx, or built JavaScript.
 * @param entry path below `PACKAGE_ROOT` without its ending, for example `server/main`.
 */
export function ownProgramCommand(entry: string): string[] {
  return import.meta.url.endsWith('.ts')
    ? [process.execPath, '--import', import.meta.resolve('tsx/esm'), join(PACKAGE_ROOT, `${entry}.ts`)]
    : [process.execPath, join(PACKAGE_ROOT, `${entry}.js`)];
}

/** The nearest folder above this module that passes a test; the topmost folder if none does. */
function folderAbove(passes: (folder: string) => boolean): string {
  let folder = import.meta.dirname;
  while (!passes(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A file that exists in the source tree and in every build. The folder from which this path leads to the file is
 * `PACKAGE_ROOT`.
 */
const MARKER = 'fixtures/spec/weights.json';

/**
 * Folder that contains `harness/`, `server/` and `fixtures/`: the root of the repository, or `dist/` of the built
 * package. The code searches upwards, because the build bundles source files into files in other folders.
 */
export const PACKAGE_ROOT = folderAbove((folder) => existsSync(join(folder, MARKER)));

/** Name and version in this tool's package.json, which is in `PACKAGE_ROOT` or, in a built package, in its parent. */
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
 * The command and arguments that start a program of this package in a new process: TypeScript through tsx, or built
 * JavaScript.
 * @param entry path below `PACKAGE_ROOT` without the file extension, for example `server/main`.
 */
export function ownProgramCommand(entry: string): string[] {
  return import.meta.url.endsWith('.ts')
    ? [process.execPath, '--import', import.meta.resolve('tsx/esm'), join(PACKAGE_ROOT, `${entry}.ts`)]
    : [process.execPath, join(PACKAGE_ROOT, `${entry}.js`)];
}

/** The nearest folder above this module for which `passes` returns true. If there is none, the topmost folder. */
function folderAbove(passes: (folder: string) => boolean): string {
  let folder = import.meta.dirname;
  while (!passes(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

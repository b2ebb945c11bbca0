import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Name and version of this package, from its package.json, and the folder that holds it. */
interface OwnPackage {
  folder: string;
  name: string;
  version: string;
}

const NAME = 'ws-conformance';

/** Our own package. */
export const OWN_PACKAGE = findPackage(import.meta.dirname);

/** Whether this code runs as built JavaScript from `dist/`, and not as TypeScript through tsx or vitest. */
const isBuilt = !import.meta.url.endsWith('.ts');

/** Folder that holds `harness/`, `server/` and `fixtures/`: the repository's root, or `dist/` of the built package. */
export const PACKAGE_ROOT = isBuilt ? join(OWN_PACKAGE.folder, 'dist') : OWN_PACKAGE.folder;

/**
 * argv that starts a program of this package in a process of its own: TypeScript through tsx, or built JavaScript.
 * @param entry path below `PACKAGE_ROOT` without its ending, for example `server/main`.
 */
export function ownProgramCommand(entry: string): string[] {
  return isBuilt
    ? [process.execPath, join(PACKAGE_ROOT, `${entry}.js`)]
    : [process.execPath, '--import', import.meta.resolve('tsx/esm'), join(PACKAGE_ROOT, `${entry}.ts`)];
}

/**
 * Looks for our package.json in a folder and in each folder above. The number of levels is not fixed: a module of the
 * source tree is two or three folders below the package, a chunk of the bundle is elsewhere below `dist/`.
 */
function findPackage(folder: string): OwnPackage {
  try {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (name === NAME) return { folder, name, version };
  } catch {
    // No package.json here, or one that is not JSON: the next folder decides.
  }
  const parent = dirname(folder);
  // Another bundler may have copied this code out of the package. Then paths and version are unknown, which is no
  // reason to fail before they are used.
  return parent === folder ? { folder: import.meta.dirname, name: NAME, version: 'unknown' } : findPackage(parent);
}

import { join, resolve } from 'node:path';

/** The folder that holds the four rooms: the repository's root, or the compiled package's. */
export const PACKAGE_ROOT = resolve(import.meta.dirname, '../..');

/**
 * argv that starts a program of ours in a process of its own, from source through tsx or compiled.
 * @param entry path below the package without its ending, as in `server/main`.
 */
export function ownProgramCommand(entry: string): string[] {
  const compiled = !import.meta.url.endsWith('.ts');
  return [
    process.execPath,
    ...(compiled ? [] : ['--import', import.meta.resolve('tsx/esm')]),
    join(PACKAGE_ROOT, `${entry}.${compiled ? 'js' : 'ts'}`),
  ];
}

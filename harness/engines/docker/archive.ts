import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';

/**
 * Limits on the archive that is read from a container. They protect this process from a faulty image, which is a
 * program of a third party. `file`: bytes of one file; `total`: bytes of all files; `files`: number of files.
 */
export interface Limits {
  readonly file: number;
  readonly total: number;
  readonly files: number;
}

/** The default limits. The largest case file is a few MiB, and 517 cases make about 1,100 files. */
export const LIMITS: Limits = { file: 64 * 1_048_576, total: 2_048 * 1_048_576, files: 10_000 };

/** Packs one file into a tar archive for Docker's `putArchive`. */
export async function packFile(name: string, content: string): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry({ name, mode: 0o644, mtime: new Date(0) }, content);
  pack.finalize();
  return buffer(pack);
}

/**
 * Reads the tar archive of one folder and calls `take` with each JSON file, one after the other. Other files, such as
 * the HTML pages of wstest (Autobahn's command), are skipped. Rejects with an Error that names the entry if an entry is
 * not a plain file directly in the folder (a link, a device, a path with `..`, a subfolder), or if a limit is exceeded.
 */
export async function unpackJson(
  archive: Readable,
  folder: string,
  take: (name: string, content: Buffer) => Promise<void>,
  limits: Limits = LIMITS,
): Promise<void> {
  const extract = tar.extract();
  let files = 0;
  let total = 0;
  const reading = pipeline(archive, extract);
  // If reading the archive fails, the loop below fails too and reports the error. This handler only keeps Node from
  // reporting an unhandled rejection.
  reading.catch(() => undefined);
  for await (const entry of extract) {
    const { header } = entry;
    const size = header.size ?? 0;
    files += 1;
    total += size;
    if (files > limits.files) throw new Error(`more than ${limits.files} files in the container's ${folder}`);
    if (total > limits.total) throw new Error(`more than ${limits.total} bytes in the container's ${folder}`);
    if (size > limits.file) throw new Error(`${header.name} is larger than ${limits.file} bytes`);
    const name = safeName(header.name, header.type ?? 'file', folder);
    // The library tar-stream delivers the next entry only after the present entry has been read to its end.
    if (name === undefined || !name.endsWith('.json')) for await (const _ of entry);
    else await take(name, await buffer(entry));
  }
}

/**
 * Returns the name of a file in a folder (`results/a.json` → `a.json`); undefined if the path is the folder itself.
 * Throws an Error for any other path, and for anything that is not a plain file.
 */
export function safeName(path: string, type: string, folder: string): string | undefined {
  const trimmed = path.replace(/^\.\//, '').replace(/\/$/, '');
  if (type === 'directory' && trimmed === folder) return undefined;
  const name = trimmed.startsWith(`${folder}/`) ? trimmed.slice(folder.length + 1) : '';
  if (type !== 'file' || !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) {
    throw new Error(
      `the container's ${folder} contains an entry that is not a plain file: ${type} ${JSON.stringify(path)}`,
    );
  }
  return name;
}

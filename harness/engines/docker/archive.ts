import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';

/** Limits on what is taken out of a container, in octets and files: an image is somebody else's program. */
export interface Limits {
  readonly file: number;
  readonly total: number;
  readonly files: number;
}

/** The largest recorded case file is a few MiB, and 517 cases leave about 1,100 files. */
export const LIMITS: Limits = { file: 64 * 1_048_576, total: 2_048 * 1_048_576, files: 10_000 };

/** A tar of one file, as `putArchive` wants it. */
export async function packFile(name: string, content: string): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry({ name, mode: 0o644, mtime: new Date(0) }, content);
  pack.finalize();
  return buffer(pack);
}

/**
 * Reads the tar of one folder and hands over each JSON file of it, in turn. Anything that could land elsewhere (a link, a
 * device, a path with `..`, a folder within) and anything beyond the limits is refused with an error that names it.
 * wstest's HTML pages are passed over.
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
  const feeding = pipeline(archive, extract);
  // Its failure ends the loop below too, which reports it.
  feeding.catch(() => undefined);
  for await (const entry of extract) {
    const { header } = entry;
    const size = header.size ?? 0;
    files += 1;
    total += size;
    if (files > limits.files) throw new Error(`more than ${limits.files} files in the container's ${folder}`);
    if (total > limits.total) throw new Error(`more than ${limits.total} octets in the container's ${folder}`);
    if (size > limits.file) throw new Error(`${header.name} is larger than ${limits.file} octets`);
    const name = safeName(header.name, header.type ?? 'file', folder);
    // An entry has to be read to its end before the next one comes.
    if (name === undefined || !name.endsWith('.json')) for await (const _ of entry);
    else await take(name, await buffer(entry));
  }
}

/** `folder/name` → `name`; undefined for the folder itself. Throws on everything that is not a plain file right in it. */
export function safeName(path: string, type: string, folder: string): string | undefined {
  const trimmed = path.replace(/^\.\//, '').replace(/\/$/, '');
  if (type === 'directory' && trimmed === folder) return undefined;
  const name = trimmed.startsWith(`${folder}/`) ? trimmed.slice(folder.length + 1) : '';
  if (type !== 'file' || !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) {
    throw new Error(`the container's ${folder} holds what is not a plain file in it: ${type} ${JSON.stringify(path)}`);
  }
  return name;
}

import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';
import xz from 'xz-decompress';
import { errorMessage } from '../support/error-message.ts';
import { HarnessError } from '../support/harness-error.ts';

/**
 * Returns the folder with recorded results. CI systems keep results as archives. A `.tar`, `.tar.gz` or `.tar.xz`
 * archive is unpacked into a temporary folder, and `remove` deletes that folder.
 * @param from a folder, its `index.json`, or an archive.
 * @throws HarnessError with exit code 2 if the file does not exist or cannot be unpacked.
 */
export async function unpackResults(from: string): Promise<{ folder: string; remove: () => void }> {
  const path = resolve(from);
  const stat = statOf(path);
  if (stat.isDirectory()) return { folder: refuseReport(path), remove: () => {} };
  if (basename(path) === 'index.json') return { folder: dirname(path), remove: () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'ws-conformance-results-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    await unpack(path, folder);
  } catch (error) {
    remove();
    throw new HarnessError(
      2,
      {
        what: 'The results cannot be unpacked.',
        where: path,
        why: errorMessage(error),
        todo: 'Name a folder that holds index.json, or an archive of it: .tar, .tar.gz or .tar.xz.',
      },
      { cause: error },
    );
  }
  return { folder, remove };
}

/** Unpacks an archive, compressed or not, into a folder. */
async function unpack(path: string, folder: string): Promise<void> {
  const archive = extract();
  const source = await decompressed(path);
  const [files] = await Promise.all([writeFiles(archive, folder), pipeline([...source, archive])]);
  if (files === 0) throw new Error('There is no file in the archive.');
}

/**
 * Returns the streams of a pipeline that reads a file and decompresses it. The first bytes of the file show its format.
 * The file name is not used, because a CI system may choose any name.
 */
async function decompressed(path: string): Promise<(Readable | Transform)[]> {
  const start = await firstBytes(path, 6);
  const file = createReadStream(path);
  if (start.startsWith('1f8b')) return [file, createGunzip()];
  if (start === 'fd377a585a00') return [Readable.fromWeb(new xz.XzReadableStream(Readable.toWeb(file)))];
  return [file];
}

/** The first bytes of a file, as hexadecimal digits. */
async function firstBytes(path: string, count: number): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count);
    return buffer.toString('hex', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Writes the files of an archive. Links and devices are skipped, because results never contain them.
 * @returns the number of files.
 */
async function writeFiles(archive: Extract, folder: string): Promise<number> {
  let files = 0;
  for await (const entry of archive) {
    const { name, type } = entry.header;
    if (type === 'file' || type === 'contiguous-file') {
      const path = pathInside(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      await pipeline(entry, createWriteStream(path));
      files++;
    } else {
      // The archive delivers the next entry only after this entry has been read.
      entry.resume();
    }
  }
  return files;
}

/**
 * Returns the path for a file of an archive.
 * @throws Error if the file's name leads out of the folder, with `..` or as an absolute path.
 */
function pathInside(folder: string, name: string): string {
  const path = resolve(folder, name);
  if (relative(folder, path).startsWith('..')) throw new Error(`The archive has a file outside of its folder: ${name}`);
  return path;
}

/**
 * Returns the file system's information about a path.
 * @throws HarnessError with exit code 2 if the path does not exist, or its folder must not be read.
 */
function statOf(path: string): Stats {
  const refused = (why: string) =>
    new HarnessError(2, {
      what: 'There are no results to read.',
      where: path,
      why,
      todo: 'Name the folder that holds index.json.',
    });
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined) return stat;
  } catch (error) {
    throw refused(errorMessage(error));
  }
  throw refused('There is no such folder.');
}

/**
 * Refuses the folder of a report, because a report is not a folder of results itself. A report contains one folder of
 * results for each tested server, and the error names these folders.
 * @returns the folder if it is not a report.
 * @throws HarnessError with exit code 2.
 */
function refuseReport(folder: string): string {
  const results = join(folder, 'results');
  if (existsSync(join(folder, 'index.json')) || !existsSync(join(folder, 'report.json')) || !existsSync(results))
    return folder;
  const folders = readdirSync(results).map((name) => relative(process.cwd(), join(results, name)));
  throw new HarnessError(2, {
    what: 'This is the folder of a report; its results are further down.',
    where: folder,
    why: 'Each agent of the report has its own folder of results.',
    todo: `Name one of them: ${folders.map((path) => `--from ${path}`).join(' or ')}`,
  });
}

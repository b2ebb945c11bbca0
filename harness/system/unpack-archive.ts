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
 * Returns the folder that holds recorded results. CI systems keep them as archives: `.tar`, `.tar.gz` or `.tar.xz` is
 * unpacked into a temporary folder, which `remove` deletes.
 * @param from a folder, its `index.json`, or an archive.
 * @throws HarnessError with exit code 2 if there is no such file, or it cannot be unpacked.
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
 * The streams of a pipeline that reads a file and decompresses it. The first bytes decide how, because a CI system
 * may keep the file under any name.
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

/** Writes the files of an archive. Links and devices are left out: results never have any. @returns the number of files. */
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
      // The next entry comes only after this one was read.
      entry.resume();
    }
  }
  return files;
}

/** @throws if the name of an archive's file leads out of the folder, by `..` or from the root. */
function pathInside(folder: string, name: string): string {
  const path = resolve(folder, name);
  if (relative(folder, path).startsWith('..')) throw new Error(`The archive has a file outside of its folder: ${name}`);
  return path;
}

/** @throws HarnessError with exit code 2 if the file does not exist, or its folder must not be read. */
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
 * A report is not a folder of results, but holds one for each agent: the error names them.
 * @returns the folder if it is not a report. @throws HarnessError with exit code 2.
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

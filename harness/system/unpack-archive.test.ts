import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { ownFolder } from '../testing/run-command.ts';
import { rejectedError } from '../testing/thrown-error.ts';
import { unpackResults } from './unpack-archive.ts';

const home = ownFolder('unpack-test-');
const at = (name: string) => join(home(), name);

/**
 * Makes a folder with results: an index, and a file in a subfolder. The file is larger than any buffer of the code
 * under test.
 */
function makeResults(): string {
  const folder = at('results');
  mkdirSync(join(folder, 'deep'), { recursive: true });
  writeFileSync(join(folder, 'index.json'), '{}');
  writeFileSync(join(folder, 'deep/large.json'), LARGE);
  return folder;
}
const LARGE = Array.from({ length: 200_000 }, (_, i) => i).join('\n');

/** Makes an archive with entries that the system's tar command would not write. */
async function makeArchive(name: string, entries: readonly { name: string; type?: 'symlink'; linkname?: string }[]) {
  const archive = pack();
  for (const entry of entries) archive.entry(entry, entry.type === undefined ? '{}' : '');
  archive.finalize();
  await pipeline(archive, createWriteStream(at(name)));
  return at(name);
}

/** Returns the temporary folders of the module `unpack-archive.ts` that exist at this moment. */
const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('ws-conformance-results-'));

describe('an archive', () => {
  it.each([
    ['.tar', '-cf'],
    ['.tar.gz', '-czf'],
    ['.tar.xz', '-cJf'],
  ])('%s is unpacked into a folder that can be removed', async (ending, flags) => {
    await execa('tar', [flags, at(`results${ending}`), '-C', makeResults(), '.']);
    const { folder, remove } = await unpackResults(at(`results${ending}`));
    expect(readdirSync(folder).sort()).toEqual(['deep', 'index.json']);
    expect(readFileSync(join(folder, 'deep/large.json'), 'utf8')).toBe(LARGE);
    remove();
    expect(existsSync(folder)).toBe(false);
  });

  it('is recognised by its first bytes, whatever its name is', async () => {
    await execa('tar', ['-czf', at('artifact'), '-C', makeResults(), '.']);
    const { folder, remove } = await unpackResults(at('artifact'));
    expect(existsSync(join(folder, 'index.json'))).toBe(true);
    remove();
  });

  it('may have names of more than 100 bytes', async () => {
    const long = `${'n'.repeat(120)}/${'m'.repeat(120)}.json`;
    const { folder, remove } = await unpackResults(await makeArchive('long.tar', [{ name: long }]));
    expect(existsSync(join(folder, long))).toBe(true);
    remove();
  });

  it('is unpacked without its links', async () => {
    const archive = await makeArchive('link.tar', [
      { name: 'index.json' },
      { name: 'passwd', type: 'symlink', linkname: '/etc/passwd' },
    ]);
    const { folder, remove } = await unpackResults(archive);
    expect(readdirSync(folder)).toEqual(['index.json']);
    remove();
  });
});

describe('an archive is refused with exit 2, and nothing is left behind,', () => {
  const refused = async (path: string) => {
    const before = leftovers();
    const { exitCode, problem } = await rejectedError(unpackResults(path));
    expect(exitCode).toBe(2);
    expect(problem).toMatchObject({ what: 'The results cannot be unpacked.', where: path });
    expect(leftovers()).toEqual(before);
    return problem.why;
  };

  it.each(['../outside.json', '/outside.json', 'a/../../outside.json'])('if it has the file %s', async (name) => {
    expect(await refused(await makeArchive('evil.tar', [{ name }]))).toContain(name);
    expect(existsSync(at('outside.json'))).toBe(false);
  });

  it.each([
    ['.tar', '-cf'],
    ['.tar.gz', '-czf'],
    ['.tar.xz', '-cJf'],
  ])('if a %s is cut off', async (ending, flags) => {
    const path = at(`results${ending}`);
    await execa('tar', [flags, path, '-C', makeResults(), '.']);
    truncateSync(path, 2000);
    expect(await refused(path)).not.toBe('');
  });

  it('if the data of a .tar.xz is damaged', async () => {
    const path = at('results.tar.xz');
    await execa('tar', ['-cJf', path, '-C', makeResults(), '.']);
    const bytes = readFileSync(path);
    bytes.fill(0x55, 1000, 1100);
    writeFileSync(path, bytes);
    expect(await refused(path)).not.toBe('');
  });

  it.each([
    ['has no archive in it', Buffer.from('no archive\n'.repeat(100))],
    ['is compressed but no archive', gzipSync('no archive\n'.repeat(100))],
    ['is empty', Buffer.alloc(0)],
    ['is an archive without a file', Buffer.alloc(1024)],
  ])('if the file %s', async (_, bytes) => {
    writeFileSync(at('file'), bytes);
    expect(await refused(at('file'))).not.toBe('');
  });
});

describe('a folder', () => {
  it('is returned as it is, also if its index.json is named', async () => {
    const folder = makeResults();
    const direct = await unpackResults(folder);
    direct.remove();
    expect(direct.folder).toBe(folder);
    expect((await unpackResults(join(folder, 'index.json'))).folder).toBe(folder);
    expect(existsSync(folder)).toBe(true);
  });

  it('that does not exist is refused with exit 2', async () => {
    const { exitCode, problem } = await rejectedError(unpackResults(at('missing')));
    expect(exitCode).toBe(2);
    expect(problem.why).toBe('There is no such folder.');
  });

  it('whose path leads through a file, or in a circle, is refused with the reason', async () => {
    symlinkSync('circle', at('circle'));
    expect((await rejectedError(unpackResults(at('circle')))).problem.why).toContain('ELOOP');
  });

  it('of a report is refused with the folders of results that it holds', async () => {
    mkdirSync(at('report/results/ws'), { recursive: true });
    writeFileSync(at('report/report.json'), '{}');
    const { exitCode, problem } = await rejectedError(unpackResults(at('report')));
    expect(exitCode).toBe(2);
    expect(problem.todo).toContain('report/results/ws');
  });
});

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resolveInside, writeFiles } from './write.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ws-conformance-write-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('writes files below the folder, creates the folders they need, and counts bytes', async () => {
  const written = await writeFiles(join(folder, 'new'), [
    { path: 'index.html', content: 'é' },
    { path: 'cases/a/1.1.1.html', content: 'x' },
  ]);
  expect(written).toEqual({ files: 2, bytes: 3 });
  expect(await readFile(join(folder, 'new/cases/a/1.1.1.html'), 'utf8')).toBe('x');
});

it.each(['../x', 'a/../../x', '/etc/x', '', '.', 'a//b', 'a/./b', 'a\\..\\x', 'C:x', 'a\0b', 'a/'])(
  'refuses the path %j and writes nothing',
  async (path) => {
    expect(() => resolveInside(folder, path)).toThrow(/not below its own folder/);
    await expect(writeFiles(folder, [{ path, content: 'x' }])).rejects.toThrow(/not below/);
    expect(await readdir(folder)).toEqual([]);
  },
);

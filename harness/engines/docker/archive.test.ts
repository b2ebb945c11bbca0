import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import tar from 'tar-stream';
import { expect, it } from 'vitest';
import { packFile, safeName, unpackJson } from './archive.ts';

type Header = Parameters<tar.Pack['entry']>[0];

async function unpack(archive: Readable, limits?: { file: number; total: number; files: number }) {
  const taken: Record<string, string> = {};
  const take = async (name: string, content: Buffer) => {
    taken[name] = content.toString();
  };
  await (limits === undefined ? unpackJson(archive, 'results', take) : unpackJson(archive, 'results', take, limits));
  return taken;
}

async function tarOf(entries: [Header, string?][]): Promise<Readable> {
  const pack = tar.pack();
  for (const [header, content] of entries) pack.entry(header, content ?? '');
  pack.finalize();
  return Readable.from([await buffer(pack)]);
}

it('returns the JSON files of the folder and skips pages of any size', async () => {
  const archive = await tarOf([
    [{ name: 'results/', type: 'directory' }],
    [{ name: 'results/a_case_1_1_1.html' }, '<p>'.repeat(100_000)],
    [{ name: 'results/a_case_1_1_1.json' }, '{}'],
    [{ name: 'results/index.json' }, 'x'.repeat(300_000)],
  ]);
  const taken = await unpack(archive);
  expect(Object.keys(taken)).toEqual(['a_case_1_1_1.json', 'index.json']);
  expect(taken['index.json']).toHaveLength(300_000);
});

it('unpacks an archive that it has packed', async () => {
  expect(await unpack(Readable.from([await packFile('results/x.json', '{"a":1}')]))).toEqual({ 'x.json': '{"a":1}' });
});

it('refuses links, devices, subfolders, and every path out of the folder', async () => {
  const bad: Header[] = [
    { name: 'results/x.json', type: 'symlink', linkname: '/etc/passwd' },
    { name: 'results/x.json', type: 'link', linkname: 'results/y.json' },
    { name: 'results/x.json', type: 'character-device' },
    { name: 'results/../x.json' },
    { name: '/etc/x.json' },
    { name: 'x.json' },
    { name: 'results/sub/x.json' },
    { name: 'results/.x.json' },
    { name: 'results/sub/', type: 'directory' },
  ];
  for (const header of bad) await expect(unpack(await tarOf([[header]])), header.name).rejects.toThrow('plain file');
  expect(() => safeName('results/a\\..\\b.json', 'file', 'results')).toThrow('plain file');
});

it('refuses an entry beyond the limits by its header, before its content is read', async () => {
  const limits = { file: 10, total: 15, files: 2 };
  const file = (name: string, size: number): [Header, string] => [{ name: `results/${name}` }, 'x'.repeat(size)];
  await expect(unpack(await tarOf([file('a.json', 11)]), limits)).rejects.toThrow('larger than 10');
  await expect(unpack(await tarOf([file('a.json', 8), file('b.html', 8)]), limits)).rejects.toThrow('more than 15');
  await expect(unpack(await tarOf([file('a', 1), file('b', 1), file('c', 1)]), limits)).rejects.toThrow('more than 2');
});

it('rejects an archive that is cut short', async () => {
  const whole = await packFile('results/x.json', 'x'.repeat(2_000));
  await expect(unpack(Readable.from([whole.subarray(0, 1_024)]))).rejects.toThrow();
});

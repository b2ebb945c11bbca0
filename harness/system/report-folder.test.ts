import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { caughtError } from '../testing/thrown-error.ts';
import { createStagingFolder, publishStagedReport, replaceFile } from './report-folder.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'place-test-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const write = (folder: string, text: string) => {
  writeFileSync(join(folder, 'index.html'), text);
  writeFileSync(join(folder, 'report.json'), JSON.stringify({ schemaVersion: 1, gate: {} }));
};

test('replaces the previous report as a whole, and leaves no other folder', () => {
  const out = join(home, 'report');
  for (const text of ['first', 'second']) {
    const staged = createStagingFolder(out);
    write(staged, text);
    publishStagedReport(staged, out);
    expect(readFileSync(join(out, 'index.html'), 'utf8')).toBe(text);
    expect(readdirSync(home)).toEqual(['report']);
  }
});

test('lets several runs publish to the same folder, and keeps the report of the last one', () => {
  const out = join(home, 'report');
  const staged = ['a', 'b', 'c', 'd'].map((text) => {
    const folder = createStagingFolder(out);
    write(folder, text);
    return folder;
  });
  for (const folder of staged) publishStagedReport(folder, out);
  expect(readFileSync(join(out, 'index.html'), 'utf8')).toBe('d');
  expect(readdirSync(home)).toEqual(['report']);
});

test("refuses a folder that holds something else, so that the user's files are never deleted", () => {
  const out = join(home, 'src');
  mkdirSync(out);
  writeFileSync(join(out, 'precious.txt'), 'x');
  expect(() => createStagingFolder(out)).toThrow(/holds something else/);
  expect(() => createStagingFolder('/')).toThrow(/holds something else/);
  expect(existsSync(join(out, 'precious.txt'))).toBe(true);
  writeFileSync(join(home, 'file'), 'x');
  expect(() => createStagingFolder(join(home, 'file'))).toThrow(/holds something else/);
});

test.each([
  ['the root of the disk', '/'],
  ["the user's home", homedir()],
  ['the folder for temporary files', tmpdir()],
  ['this repository', join(import.meta.dirname, '../..')],
  ['the folder we are in', '.'],
  ['the one above it', '..'],
])('%s is refused: exit 2, and nothing is put beside it (H42)', (_, out) => {
  const beside = () => readdirSync(join(out, '..')).sort();
  const before = beside();
  expect(caughtError(() => createStagingFolder(out))).toMatchObject({
    exitCode: 2,
    problem: { what: expect.stringContaining('holds something else') },
  });
  expect(beside().filter((name) => !before.includes(name) && name.includes('report'))).toEqual([]);
});

test('an empty folder may be taken', () => {
  const out = join(home, 'empty');
  mkdirSync(out);
  const staged = createStagingFolder(out);
  write(staged, 'x');
  publishStagedReport(staged, out);
  expect(existsSync(join(out, 'index.html'))).toBe(true);
});

test.each([
  ['a folder', true],
  ['nothing yet', false],
])('a report goes where a link leads, and the link stays: to %s', (_, isThere) => {
  const [out, real] = [join(home, 'link'), join(home, 'disk/real')];
  if (isThere) mkdirSync(real, { recursive: true });
  symlinkSync('disk/real', out);
  for (const text of ['first', 'second']) {
    const staged = createStagingFolder(out);
    write(staged, text);
    publishStagedReport(staged, out);
    expect(readFileSync(join(real, 'index.html'), 'utf8')).toBe(text);
    expect(readlinkSync(out)).toBe('disk/real');
    expect(readdirSync(join(home, 'disk'))).toEqual(['real']);
  }
});

test('a file that is replaced stays linked, and keeps who may read it', () => {
  const [file, link] = [join(home, 'file'), join(home, 'link')];
  writeFileSync(file, 'before', { mode: 0o600 });
  symlinkSync('file', link);
  replaceFile(link, 'after');
  expect(readlinkSync(link)).toBe('file');
  expect(readFileSync(file, 'utf8')).toBe('after');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(home).sort()).toEqual(['file', 'link']);
});

test('what is no file takes the text and stays what it is: a pipe, a device', async () => {
  const pipe = join(home, 'pipe');
  await execa('mkfifo', [pipe]);
  const reading = execa('cat', [pipe]);
  replaceFile(pipe, 'text');
  expect((await reading).stdout).toBe('text');
  expect(statSync(pipe).isFIFO()).toBe(true);
});

test('a place that cannot be written is told as such', () => {
  writeFileSync(join(home, 'file'), 'x');
  expect(() => createStagingFolder(join(home, 'file', 'report'))).toThrow(/could not be written/);
});

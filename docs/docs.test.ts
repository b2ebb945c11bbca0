import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { expectationFileSchema } from '../harness/expectations/expectation-file.ts';
import { selectCases } from '../harness/plan/match-cases.ts';
import { suiteIds } from '../harness/suites/autobahn/catalogue.ts';
import { groups } from '../harness/suites/autobahn/suite.ts';
import { commandsOf, pages, readPage } from './pages.ts';

const root = join(import.meta.dirname, '..');
const ROOMS = ['server', 'harness', 'reports', 'fixtures', 'bench', 'docs'];

/** Every file of the rooms and of the root, from the root. */
const files = [
  ...readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name),
  ...ROOMS.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((name) => `${room}/${name}`),
  ),
];
const names = new Set(files.map((file) => posix.basename(file)));

/** As GitHub makes an anchor of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (page: string) => [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => anchorOf(text));

const linksOf = (page: string) =>
  [...readPage(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to).filter((to) => !/^https?:/.test(to));

/** Paths that a page names, in backticks or as a TypeScript file anywhere in it, its pictures and code among them. */
function pathsOf(page: string): string[] {
  const text = readPage(page);
  const quoted = [...text.matchAll(/`([\w.*/-]+)`/g)].map(([, path = '']) => path);
  const room = new RegExp(`^(?:${ROOMS.join('|')})/`);
  const code = [...text.matchAll(/(?<![\w@*/.-])[\w*./-]+\.ts\b/g)].map(([path]) => path);
  return [...new Set([...quoted.filter((path) => room.test(path)), ...code])];
}

/** A path from the root, one beside the page, a bare name of some file, or a pattern that something matches. */
function stands(path: string, page: string): boolean {
  if (path.includes('*')) {
    const pattern = new RegExp(`(?:^|/)${path.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
    return files.some((file) => pattern.test(file));
  }
  if (existsSync(join(root, path)) || existsSync(join(root, dirname(page), path))) return true;
  return !path.includes('/') && names.has(path);
}

test.each(pages)('%s: every link leads somewhere, and to a heading that is there', (page) => {
  const broken = linksOf(page).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const to = path === '' ? page : posix.join(posix.dirname(page), path);
    return !existsSync(join(root, to)) || (anchor !== undefined && !anchorsOf(to).includes(anchor));
  });
  expect(broken).toEqual([]);
});

test.each(pages)('%s: every path it names is there', (page) => {
  expect(pathsOf(page).filter((path) => !stands(path, page))).toEqual([]);
});

test('the test would see a path that is not there', () => {
  expect(pathsOf('ARCHITECTURE.md')).toEqual(
    expect.arrayContaining(['harness/run/run.ts', 'reports/pages/html.ts', 'bench/']),
  );
  for (const path of ['harness/runs.ts', 'nothing.ts', 'docs/nothing.md', '*.unreal.test.ts'])
    expect(stands(path, 'ARCHITECTURE.md'), path).toBe(false);
});

test('every page can be reached from the README', () => {
  const linked = linksOf('README.md').map((link) => link.split('#')[0]);
  expect(pages.filter((page) => page !== 'README.md' && !linked.includes(page))).toEqual([]);
});

test.each(pages)('%s: every command promises an exit code', (page) => {
  expect(commandsOf(readPage(page)).filter(([, exitCode]) => Number.isNaN(exitCode))).toEqual([]);
});

test('the figures of docs/engines.md are those of the data', () => {
  const page = readPage('docs/engines.md');
  const json = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));
  expect(page).toContain(`| the server of this repository | ${suiteIds.length} |`);
  expect(page).toContain(`| ${selectCases(suiteIds, ['@core', '@limits'], groups).length} each |`);
  expect(page).toContain(`in ${Object.keys(json('fixtures/spec/probe-verdicts.json')).length} modes`);
  expect(page).toContain(`| ${json('fixtures/servers/faults.json').servers.length} servers wrong on purpose |`);
  expect(json('fixtures/spec/deviations.json')).toHaveLength(page.match(/^- \d/gm)?.length ?? 0);
});

test('the example of docs/expectations.md is an expectation file, and says what the real one does', () => {
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(readPage('docs/expectations.md')) ?? [];
  const file = expectationFileSchema.parse(JSON.parse(example));
  const real = readFileSync(join(root, 'fixtures/expected/ws.json'), 'utf8').replaceAll(/\s/g, '');
  expect(real).toContain(JSON.stringify(file.cases).slice(1, -1).replaceAll(/\s/g, ''));
});

test('the case of docs/adding-a-case.md is the one in the file', () => {
  const [, example = 'none'] = /```ts\n([\s\S]*?)```/.exec(readPage('docs/adding-a-case.md')) ?? [];
  expect(readFileSync(join(root, 'harness/suites/autobahn/cases/10-misc.ts'), 'utf8')).toContain(example);
});

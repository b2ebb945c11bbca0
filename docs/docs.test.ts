import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { expectationFileSchema } from '../harness/expectations/expectation-file.ts';
import { selectCases } from '../harness/plan/match-cases.ts';
import { suiteIds } from '../harness/suites/autobahn/catalogue.ts';
import { groups } from '../harness/suites/autobahn/suite.ts';
import { commandsOf, pages, readPage } from './pages.ts';
import { allFiles, ROOMS } from './source-files.ts';

const root = join(import.meta.dirname, '..');

/** Every file of the repository, as a path from the root. */
const files = [
  ...readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name),
  ...allFiles,
];
const names = new Set(files.map((file) => posix.basename(file)));

/** The anchor that GitHub gives to a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (page: string) => [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => anchorOf(text));

const linksOf = (page: string) =>
  [...readPage(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to).filter((to) => !/^https?:/.test(to));

/** Paths in a page: text in backticks that starts with a top-level folder, and names of TypeScript files anywhere. */
function pathsOf(page: string): string[] {
  const text = readPage(page);
  const quoted = [...text.matchAll(/`([\w.*/-]+)`/g)].map(([, path = '']) => path);
  const room = new RegExp(`^(?:${ROOMS.join('|')})/`);
  const code = [...text.matchAll(/(?<![\w@*/.-])[\w*./-]+\.ts\b/g)].map(([path]) => path);
  return [...new Set([...quoted.filter((path) => room.test(path)), ...code])];
}

/** Whether a path exists: from the root, relative to the page, as the name of any file, or as a pattern with `*`. */
function exists(path: string, page: string): boolean {
  if (path.includes('*')) {
    const pattern = new RegExp(`(?:^|/)${path.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
    return files.some((file) => pattern.test(file));
  }
  if (existsSync(join(root, path)) || existsSync(join(root, dirname(page), path))) return true;
  return !path.includes('/') && names.has(path);
}

test.each(pages)('%s: every link leads to a file and a heading that exist', (page) => {
  const broken = linksOf(page).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const to = path === '' ? page : posix.join(posix.dirname(page), path);
    return !existsSync(join(root, to)) || (anchor !== undefined && !anchorsOf(to).includes(anchor));
  });
  expect(broken).toEqual([]);
});

test.each(pages)('%s: every path in the page exists', (page) => {
  expect(pathsOf(page).filter((path) => !exists(path, page))).toEqual([]);
});

test('a path that does not exist is found', () => {
  expect(pathsOf('ARCHITECTURE.md')).toEqual(
    expect.arrayContaining(['harness/run/run.ts', 'harness/subject/target.ts', 'bench/']),
  );
  for (const path of ['harness/runs.ts', 'nothing.ts', 'docs/nothing.md', '*.unreal.test.ts'])
    expect(exists(path, 'ARCHITECTURE.md'), path).toBe(false);
});

test('every page is linked from the README, and every decision from the list of decisions', () => {
  const linkedFrom = (page: string) =>
    linksOf(page).map((link) => posix.join(posix.dirname(page), link.split('#')[0] ?? ''));
  const linked = [...linkedFrom('README.md'), ...linkedFrom('docs/decisions/README.md')];
  expect(pages.filter((page) => page !== 'README.md' && !linked.includes(page))).toEqual([]);
});

const decisions = pages.filter((page) => /^docs\/decisions\/\d/.test(page));

test.each(decisions)('%s has the headings of a decision', (page) => {
  const headings = [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  const [title = '', ...rest] = headings;
  expect(title).toMatch(new RegExp(`^${Number(posix.basename(page).slice(0, 4))}\\. `));
  expect(rest).toEqual(['Context', 'Decision', 'Consequence', 'Figure']);
});

test('every decision has its own number, and the list of decisions repeats its title', () => {
  const list = readPage('docs/decisions/README.md');
  const numbers = decisions.map((page) => posix.basename(page).slice(0, 4));
  expect(new Set(numbers).size).toBe(decisions.length);
  expect(decisions.length).toBeGreaterThan(50);
  for (const page of decisions) {
    const title = /^# \d+\. (.+)$/m.exec(readPage(page))?.[1];
    expect(list).toContain(`- [${posix.basename(page).slice(0, 4)}](${posix.basename(page)}) ${title}`);
  }
});

test.each(pages)('%s: every command has an exit code in its comment', (page) => {
  expect(commandsOf(readPage(page)).filter(([, exitCode]) => Number.isNaN(exitCode))).toEqual([]);
});

test('the figures in docs/engines.md match the data', () => {
  const page = readPage('docs/engines.md');
  const json = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));
  expect(page).toContain(`| the server of this repository | ${suiteIds.length} |`);
  expect(page).toContain(`| ${selectCases(suiteIds, ['@core', '@limits'], groups).length} each |`);
  expect(page).toContain(`in ${Object.keys(json('fixtures/spec/probe-verdicts.json')).length} modes`);
  expect(page).toContain(`| ${json('fixtures/servers/faults.json').servers.length} servers with a known fault |`);
  expect(json('fixtures/spec/deviations.json')).toHaveLength(page.match(/^- \d/gm)?.length ?? 0);
});

test('the example in docs/expectations.md is a valid expectation file with the entry of the real file', () => {
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(readPage('docs/expectations.md')) ?? [];
  const file = expectationFileSchema.parse(JSON.parse(example));
  const real = readFileSync(join(root, 'fixtures/expected/ws.json'), 'utf8').replaceAll(/\s/g, '');
  expect(real).toContain(JSON.stringify(file.cases).slice(1, -1).replaceAll(/\s/g, ''));
});

test('the case in docs/adding-a-case.md is the case in the source file', () => {
  const [, example = 'none'] = /```ts\n([\s\S]*?)```/.exec(readPage('docs/adding-a-case.md')) ?? [];
  expect(readFileSync(join(root, 'harness/suites/autobahn/cases/10-misc.ts'), 'utf8')).toContain(example);
});

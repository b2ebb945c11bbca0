import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/**
 * Tests that run the whole command with two small test suites instead of Autobahn. One suite tests a server, the other
 * a client. The rest of the code does not know these suites: each is a folder and one line in a registry.
 */

const root = join(import.meta.dirname, '../..');
const testing = join(root, 'harness/testing');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'toy-suites-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command with the toy suites. */
async function toy(...words: string[]): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  const { CI: _, GITHUB_ACTIONS: __, ...env } = process.env;
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    ['--import', import.meta.resolve('tsx/esm'), join(testing, 'toy-command.ts'), ...words],
    { cwd: folder, reject: false, env: { ...env, NO_COLOR: '1' }, extendEnv: false },
  );
  return { exitCode, stdout, stderr };
}

const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
const report = (out = 'conformance-report') => JSON.parse(read(out, 'report.json'));

/** How the two suites differ: how the tested program is started, and which mistakes it makes. */
const TOYS = [
  {
    suite: 'toy-server',
    ids: ['echo.long.1', 'echo.short.1', 'farewell.1'],
    good: ['--ready', 'tcp', '--', process.execPath, join(testing, 'toy-server-suite/server.mjs'), '{port}'],
    bad: ['--ready', 'tcp', '--', process.execPath, join(testing, 'toy-server-suite/server.mjs'), '{port}', 'rude'],
    fails: 'echo.long.1',
    grade: { key: 'manners', good: 'polite', bad: 'rude' },
    explains: /xxx/,
    section: 'echo',
  },
  {
    suite: 'toy-client',
    ids: ['count.1', 'count.2', 'name.1'],
    good: ['--', process.execPath, join(testing, 'toy-client-suite/client.mjs'), '{url}'],
    bad: ['--', process.execPath, join(testing, 'toy-client-suite/client.mjs'), '{url}', 'bad'],
    fails: 'count.2',
    grade: { key: 'grade', good: 'kept', bad: 'broken' },
    explains: /what is 2 \+ 2/,
    section: 'count',
  },
];

describe.each(TOYS)('the suite $suite', ({ suite, ids, good, bad, fails, grade, explains, section }) => {
  const out = `report-of-${suite}`;
  const select = ['--suite', suite, '--agent', 'subject', '--out', out];
  const file = `expected-${suite}.json`;

  test('is listed by case and by section', async () => {
    const all = await toy('list', '--suite', suite, '--json');
    expect(JSON.parse(all.stdout).map(({ id }: { id: string }) => id)).toEqual(ids);
    const some = await toy('list', '--suite', suite, section);
    expect(some.stdout.split('\n').filter(Boolean)).toHaveLength(2);
  });

  test('explains a case', async () => {
    expect((await toy('explain', '--suite', suite, fails)).stdout).toMatch(explains);
    const { exitCode, stderr } = await toy('explain', '--suite', suite, `${fails}2`);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`The closest id is ${fails}`)]);
  });

  test('passes a subject without fault, and writes pages, JUnit and history', async () => {
    const run = await toy(...select, '--history', `history-${suite}.jsonl`, ...good);
    expect(run.stdout + run.stderr).toContain('PASSED: 3 of 3 cases are as expected.');
    expect(run.exitCode).toBe(0);
    const { suites, cases, agents } = report(out);
    expect(suites.map(({ id }: { id: string }) => id)).toEqual([suite]);
    expect(cases.map(({ id }: { id: string }) => id)).toEqual(ids);
    expect(agents[0].cases[0].actual[grade.key]).toBe(grade.good);
    expect(readdirSync(join(folder, out, 'cases/subject'))).toHaveLength(3);
    expect(read(out, 'junit.xml')).toContain(ids[0]);
    expect(read(out, 'index.html')).toContain(grade.good);
  });

  test('fails a subject with a fault: the case, what it did and what it had to do are named', async () => {
    const run = await toy(...select, '--history', `history-${suite}.jsonl`, ...bad);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain('FAILED: 1 of 3 cases is not as expected (1 regressed).');
    expect(run.stdout).toContain(fails);
    expect(read(out, 'cases/subject', `${fails}.html`)).toContain(grade.bad);
    expect(read(out, 'junit.xml')).toMatch(/failures="1"/);
    expect(existsSync(join(folder, out, 'history.html'))).toBe(true);
    expect(read(`history-${suite}.jsonl`).trim().split('\n')).toHaveLength(2);
    // The history file has the times of cases only for the toy suite for servers, because only that suite says its
    // cases are timed.
    const { agents } = JSON.parse(read(`history-${suite}.jsonl`).trim().split('\n').at(-1) ?? '');
    expect(agents[0].times).toHaveLength(suite === 'toy-server' ? 3 : 0);
  });

  test('has expectation files: accept writes the deviation, and the next run passes', async () => {
    const refused = await toy('accept', '--out', out, '--expected', file);
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('without a reason')]);
    const accepted = await toy('accept', '--out', out, '--expected', file, '--why', 'a known fault');
    expect([accepted.exitCode, accepted.stdout]).toEqual([0, expect.stringContaining('1 of 3 outcomes accepted')]);
    const { suite: named, cases } = JSON.parse(read(file));
    expect(named.cases).toBe(3);
    expect(cases[fails]).toMatchObject({ [grade.key]: grade.bad, why: 'a known fault' });
    const again = await toy(...select, '--expected', file, ...bad);
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining('PASSED')]);
    const better = await toy(...select, '--expected', file, ...good);
    expect([better.exitCode, better.stdout]).toEqual([1, expect.stringContaining('1 improved')]);
  });

  test('refuses an expectation file of the other suite', async () => {
    const other = TOYS.find((one) => one.suite !== suite)?.suite;
    const { exitCode, stderr } = await toy('--suite', String(other), '--expected', file, '--out', 'x', ...good);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('was made for another suite')]);
  });

  test('is split into two shards and merged', async () => {
    for (const index of [1, 2]) {
      const { exitCode } = await toy(
        '--suite',
        suite,
        '--agent',
        'subject',
        '--shard',
        `${index}/2`,
        '--out',
        `${suite}-share-${index}`,
        ...good,
      );
      expect(exitCode).toBe(0);
    }
    const merged = await toy('merge', `${suite}-share-1`, `${suite}-share-2`, '--out', `${suite}-merged`);
    expect([merged.exitCode, merged.stdout]).toEqual([0, expect.stringContaining('PASSED: 3 of 3')]);
    expect(report(`${suite}-merged`).cases).toHaveLength(3);
    const half = await toy('merge', `${suite}-share-1`, '--out', `${suite}-half`);
    expect([half.exitCode, half.stdout]).toEqual([3, expect.stringContaining('Shard 2 of 2 is missing')]);
  });

  test('is compared: two runs of different outcomes', async () => {
    await toy(...select.slice(0, 4), '--out', `${suite}-bad`, ...bad);
    const compared = await toy('compare', `${suite}-merged`, `${suite}-bad`, '--out', `${suite}-compared`);
    expect(compared.exitCode).toBe(1);
    expect(compared.stdout).toContain(fails);
    expect(existsSync(join(folder, `${suite}-compared`, 'compare.html'))).toBe(true);
  });

  test('retries an unexpected outcome and ends at --bail', async () => {
    const retried = await toy(...select, '--retries', '2', ...bad);
    expect(retried.exitCode).toBe(1);
    const { agents } = report(out);
    const failed = agents[0].cases.find(({ id }: { id: string }) => id === fails);
    expect(failed.tries).toHaveLength(3);
    const bailed = await toy(...select, '--bail', '1', fails, ids.at(-1) ?? '', ...bad);
    expect([bailed.exitCode, bailed.stdout]).toEqual([1, expect.stringContaining('--bail 1 ended the run')]);
  });
});

test('a client that ends early is named, with the cases that have no result: exit 3', async () => {
  const client = [process.execPath, join(testing, 'toy-client-suite/client.mjs'), '{url}', 'short'];
  const { exitCode, stdout } = await toy('--suite', 'toy-client', '--out', 'short', '--', ...client);
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/The client ended before it had played all cases/);
  expect(stdout).toMatch(/2 of 3 cases have no result/);
});

test('a client whose command has no {url} is refused: exit 2 or 3, and what to do', async () => {
  const { exitCode, stdout } = await toy('--suite', 'toy-client', '--out', 'lost', '--', process.execPath, '-e', '0');
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/Put \{url\} where the command takes the URL/);
});

test('an unknown suite is refused with the closest id', async () => {
  const { exitCode, stderr } = await toy('list', '--suite', 'toy-servers');
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('Did you mean "toy-server"?')]);
});

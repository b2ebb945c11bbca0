import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Report, reportSchema } from '../../reports/document/report.ts';
import { COMMAND } from '../testing/command.ts';

/*
 * Each test runs the command three times, as three machines would: each run plays a third of the cases. Then the verb
 * `merge` makes one report.
 */

const root = join(import.meta.dirname, '../..');
const PLAN = ['1.1', '2', '7.1.6'];
let home: string;

const run = (...args: string[]) =>
  execa(COMMAND[0], [COMMAND[1], ...args], {
    cwd: root,
    reject: false,
    env: { NO_COLOR: '1', CI: '', GITHUB_ACTIONS: '' },
  });
const shard = (index: number) => join(home, `shard-${index}`);
const reportIn = (folder: string): Report =>
  reportSchema.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
const merge = async (...folders: string[]) => {
  const out = join(home, 'merged');
  rmSync(out, { recursive: true, force: true });
  return { out, ...(await run('merge', ...folders, '--out', out)) };
};
/** Makes a copy of the report of one shard (the part of a run on one machine), and changes the copy. */
function forged(index: number, change: (report: Report) => unknown): string {
  const folder = join(home, 'forged');
  rmSync(folder, { recursive: true, force: true });
  cpSync(shard(index), folder, { recursive: true });
  const report = reportIn(folder);
  change(report);
  writeFileSync(join(folder, 'report.json'), JSON.stringify(report));
  return folder;
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'merge-test-'));
  for (const index of [1, 2, 3]) {
    const { exitCode, stderr } = await run(
      ...['--engine', 'native', '--server', 'never-answers-close', '--shard', `${index}/3`],
      ...['--out', shard(index), '--quiet', ...PLAN],
    );
    expect([0, 1], stderr).toContain(exitCode);
  }
}, 120_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('merge', () => {
  test('makes one report with every case of the plan, in any order of the shards', async () => {
    const { exitCode, stdout, out } = await merge(shard(3), shard(1), shard(2));
    const { cases, agents, gate, problems } = reportIn(out);
    expect(problems).toEqual([]);
    expect(cases.map(({ id }) => id)).toEqual(reportIn(shard(1)).run.shard?.plan);
    expect(cases).toHaveLength(8 + 11 + 1);
    expect(agents[0]?.cases.every(({ result }) => result !== null)).toBe(true);
    expect(agents[0]?.cases.find(({ id }) => id === '7.1.6')?.verdict).toBe('regressed');
    expect(gate.decision).toBe('failed');
    expect(stdout).toContain('7.1.6');
    expect(exitCode).toBe(1);
    expect(readdirSync(join(out, 'cases', agents[0]?.slug ?? ''))).toHaveLength(20);
  });

  test('exits with 3 if a shard is missing, and names the shard and its cases', async () => {
    const { exitCode, stdout, out } = await merge(shard(1), shard(3));
    expect(exitCode).toBe(3);
    expect(stdout).toContain('Shard 2 of 3 is missing.');
    const missing = reportIn(out).agents[0]?.cases.filter(({ verdict }) => verdict === 'missing');
    expect(missing?.map(({ id }) => id)).toEqual(reportIn(shard(2)).cases.map(({ id }) => id));
  });

  test('exits with 3 if a shard was interrupted, and says so', async () => {
    const what = 'The run was interrupted.';
    const { exitCode, stdout } = await merge(
      shard(1),
      shard(3),
      forged(2, (report) => report.problems.push({ what })),
    );
    expect(exitCode).toBe(3);
    expect(stdout).toContain(what);
  });

  test('exits with 3 if two shards have the same case, and names the case', async () => {
    const twice = forged(2, (report) => {
      report.agents[0]?.cases.push(...(reportIn(shard(1)).agents[0]?.cases.slice(0, 1) ?? []));
    });
    const id = reportIn(shard(1)).cases[0]?.id;
    const { exitCode, stdout } = await merge(shard(1), shard(3), twice);
    expect(exitCode).toBe(3);
    expect(stdout).toContain(`Case ${id} is in two shards`);
  });
});

test('merge writes a complete report and exits with 143 if a signal comes after the decision, before the pages', async () => {
  // `merge` reads the history file after its decision. The file is a FIFO here, so `merge` waits until a process writes
  // to it.
  const history = join(home, 'history');
  await execa('mkfifo', [history]);
  const out = join(home, 'interrupted');
  const merging = run('merge', shard(1), shard(2), shard(3), '--out', out, '--history', history);
  const writer = await open(history, 'w');
  merging.kill('SIGTERM');
  const added = writer.close().then(() => readFile(history, 'utf8'));
  const { exitCode } = await merging;
  expect(exitCode).toBe(143);
  const { agents, gate } = reportIn(out);
  expect(agents[0]?.cases.every(({ result }) => result !== null)).toBe(true);
  expect(gate.decision).toBe('failed');
  expect(JSON.parse(await added)).toBeTruthy();
  expect(readFileSync(join(out, 'index.html'), 'utf8')).toContain('</html>');
  // No unfinished report is left.
  expect(readdirSync(home).filter((name) => !/^(shard-[123]|merged|forged|interrupted|history)$/.test(name))).toEqual(
    [],
  );
});

describe('merge refuses with exit code 2', () => {
  test.each<[string, RegExp, (report: Report) => unknown]>([
    ['another suite', /Its suite: .* 0\.8\.2/, ({ suites }) => Object.assign(suites[0] ?? {}, { version: '0.8.2' })],
    ['another commit', /Its commit: aaaa/, ({ run }) => Object.assign(run, { commit: 'a'.repeat(40) })],
    ['another engine', /Its engine: docker/, ({ engine }) => Object.assign(engine, { name: 'docker' })],
    ['another server', /Its servers: other/, ({ agents: [agent] }) => Object.assign(agent ?? {}, { name: 'other' })],
    ['another plan', /shard of another plan/, ({ run: { shard } }) => shard?.plan.pop()],
    ['the same shard', /is shard 1 of 3 too/, ({ run: { shard } }) => Object.assign(shard ?? {}, { index: 1 })],
  ])('%s', async (_, message, change) => {
    const { exitCode, stderr } = await merge(shard(1), forged(2, change));
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
    expect(readdirSync(home)).not.toContain('merged');
  });

  test('a folder without a report', async () => {
    const { exitCode, stderr } = await merge(shard(1), join(home, 'nothing'));
    expect(stderr).toContain('There is no report of a run to merge.');
    expect(exitCode).toBe(2);
  });
});

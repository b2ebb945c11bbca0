import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Report, reportSchema } from '../../reports/document/report.ts';
import { COMMAND } from '../testing/command.ts';

/** Shares as several machines would play them, and one run made of them: the command as a user runs it. */

const root = join(import.meta.dirname, '../..');
const PLAN = ['1.1', '2', '7.1.6'];
let home: string;

const run = (...args: string[]) =>
  execa(COMMAND[0], [COMMAND[1], ...args], {
    cwd: root,
    reject: false,
    env: { NO_COLOR: '1', CI: '', GITHUB_ACTIONS: '' },
  });
const share = (index: number) => join(home, `share-${index}`);
const reportIn = (folder: string): Report =>
  reportSchema.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
const merge = async (...folders: string[]) => {
  const out = join(home, 'merged');
  rmSync(out, { recursive: true, force: true });
  return { out, ...(await run('merge', ...folders, '--out', out)) };
};
/** A share with its report changed by hand. */
function forged(index: number, change: (report: Report) => unknown): string {
  const folder = join(home, 'forged');
  rmSync(folder, { recursive: true, force: true });
  cpSync(share(index), folder, { recursive: true });
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
      ...['--out', share(index), '--quiet', ...PLAN],
    );
    expect([0, 1], stderr).toContain(exitCode);
  }
}, 120_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the shares of a run', () => {
  test('become one run with every case of the plan, judged as a whole, whatever their order', async () => {
    const { exitCode, stdout, out } = await merge(share(3), share(1), share(2));
    const { cases, agents, gate, problems } = reportIn(out);
    expect(problems).toEqual([]);
    expect(cases.map(({ id }) => id)).toEqual(reportIn(share(1)).run.shard?.plan);
    expect(cases).toHaveLength(8 + 11 + 1);
    expect(agents[0]?.cases.every(({ result }) => result !== null)).toBe(true);
    expect(agents[0]?.cases.find(({ id }) => id === '7.1.6')?.verdict).toBe('regressed');
    expect(gate.decision).toBe('failed');
    expect(stdout).toContain('7.1.6');
    expect(exitCode).toBe(1);
    expect(readdirSync(join(out, 'cases', agents[0]?.slug ?? ''))).toHaveLength(20);
  });

  test('of which one is missing are no whole run: exit 3, and the share and its cases are named', async () => {
    const { exitCode, stdout, out } = await merge(share(1), share(3));
    expect(exitCode).toBe(3);
    expect(stdout).toContain('Share 2 of 3 is missing.');
    const missing = reportIn(out).agents[0]?.cases.filter(({ verdict }) => verdict === 'missing');
    expect(missing?.map(({ id }) => id)).toEqual(reportIn(share(2)).cases.map(({ id }) => id));
  });

  test('of which one was interrupted are no whole run: exit 3, with its own reason', async () => {
    const what = 'The run was interrupted.';
    const { exitCode, stdout } = await merge(
      share(1),
      share(3),
      forged(2, (report) => report.problems.push({ what })),
    );
    expect(exitCode).toBe(3);
    expect(stdout).toContain(what);
  });

  test('of which two have the same case are no run: exit 3, and the case is named', async () => {
    const twice = forged(2, (report) => {
      report.agents[0]?.cases.push(...(reportIn(share(1)).agents[0]?.cases.slice(0, 1) ?? []));
    });
    const id = reportIn(share(1)).cases[0]?.id;
    const { exitCode, stdout } = await merge(share(1), share(3), twice);
    expect(exitCode).toBe(3);
    expect(stdout).toContain(`Case ${id} is in two shares`);
  });
});

test('a signal that comes when all is judged and the pages are to be written: the run is whole, and 143 says it was heard', async () => {
  // Merge reads the history once it has judged, and waits there until somebody writes.
  const history = join(home, 'history');
  await execa('mkfifo', [history]);
  const out = join(home, 'interrupted');
  const merging = run('merge', share(1), share(2), share(3), '--out', out, '--history', history);
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
  // Nothing of a report that is being made is left beside its place.
  expect(readdirSync(home).filter((name) => !/^(share-[123]|merged|forged|interrupted|history)$/.test(name))).toEqual(
    [],
  );
});

describe('what is not the shares of one run is refused: exit 2', () => {
  test.each<[string, RegExp, (report: Report) => unknown]>([
    ['another suite', /Its suite: .* 0\.8\.2/, ({ suites }) => Object.assign(suites[0] ?? {}, { version: '0.8.2' })],
    ['another commit', /Its commit: aaaa/, ({ run }) => Object.assign(run, { commit: 'a'.repeat(40) })],
    ['another engine', /Its engine: docker/, ({ engine }) => Object.assign(engine, { name: 'docker' })],
    ['another server', /Its servers: other/, ({ agents: [agent] }) => Object.assign(agent ?? {}, { name: 'other' })],
    ['another plan', /share of another plan/, ({ run: { shard } }) => shard?.plan.pop()],
    ['the same share', /is share 1 of 3 too/, ({ run: { shard } }) => Object.assign(shard ?? {}, { index: 1 })],
  ])('%s', async (_, message, change) => {
    const { exitCode, stderr } = await merge(share(1), forged(2, change));
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
    expect(readdirSync(home)).not.toContain('merged');
  });

  test('a folder without a report', async () => {
    const { exitCode, stderr } = await merge(share(1), join(home, 'nothing'));
    expect(stderr).toContain('There is no report of a run to merge.');
    expect(exitCode).toBe(2);
  });
});

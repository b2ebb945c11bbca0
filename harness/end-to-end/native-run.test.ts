import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from 'execa';
import { describe, expect, test, vi } from 'vitest';
import { reportSchema } from '../../reports/document/report.ts';
import { groupMembers, processFacts } from '../system/process-table.ts';
import { conformance, ownFolder, reportIn, said } from '../testing/run-command.ts';

/** The command as a user runs it, with the embedded engine: real processes, real signals, no Docker. */

const root = join(import.meta.dirname, '../..');

const home = ownFolder('native-run-test-');
const out = () => join(home(), 'report');
const report = () => reportIn(out());

const play = (args: readonly string[], options: Options = {}) => conformance(out(), args, options);

describe('--trace', () => {
  test('prints frames on stderr as they happen, and leaves stdout to the result', async () => {
    const { exitCode, stdout, stderr } = await play(['--engine', 'native', '--trace', '--quiet', '--json', '1.1.2']);
    expect(exitCode).toBe(0);
    expect(reportSchema.parse(JSON.parse(String(stdout))).gate.exitCode).toBe(0);
    const lines = String(stderr).split('\n');
    const payload = `"${'*'.repeat(64)} ..."`;
    expect(lines.map((line) => line.replace(/^1\.1\.2 +\d+\.\d{3} ms /, ''))).toEqual([
      expect.stringMatching(/^ \* opening handshake, request: GET \/ws HTTP\/1\.1\\r\\n/),
      expect.stringMatching(/^ \* opening handshake, response: HTTP\/1\.1 101 /),
      expect.stringMatching(/^-> text FIN=1 RSV=000 opcode=1 length=125 mask=[0-9a-f]{8} /),
      expect.stringMatching(/^ \* time limit of the case: 1 s, /),
      `<- text FIN=1 RSV=000 opcode=1 length=125 mask=none ${payload}`,
      expect.stringMatching(/^-> close FIN=1 RSV=000 opcode=8 length=2 mask=[0-9a-f]{8} code=1000$/),
      '<- close FIN=1 RSV=000 opcode=8 length=2 mask=none code=1000',
      ' * the TCP connection was closed by the server',
    ]);
  });

  test('takes the embedded engine where nobody chose one', async () => {
    const { exitCode, stderr } = await play(['--trace', '1.1.1']);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('-> text');
    expect(report().engine.name).toBe('native');
  });
});

test.each([
  [
    ['--trace'],
    /Docker engine cannot report frames while cases run \(--trace\)[\s\S]*only when all cases have been played/,
  ],
  [
    ['--header', 'A: b', '--header', 'C: d'],
    /cannot send your own header fields \(to websock-server\)[\s\S]*no such option/,
  ],
])('the real suite refuses %j: exit 2, before anything is started', async (args, message) => {
  const { exitCode, stderr, stdout } = await play(['--engine', 'docker', ...args, '1.1.1']);
  expect(stderr).toMatch(message);
  expect(stderr).toContain('--engine native');
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
});

describe('--resume', { timeout: 90_000 }, () => {
  // Two jobs: what a busy machine has spoilt is then played again, and may not fail us.
  const native = (...args: string[]) => play(['--engine', 'native', '--jobs', '2', ...args]);
  const results = () => join(out(), 'results', report().agents[0]?.slug ?? '');
  const change = (path: string, edit: (text: string) => string) =>
    writeFileSync(path, edit(readFileSync(path, 'utf8')));
  /** A report that lacks 1.1.2, as a run that was interrupted leaves it. */
  const withoutOne = async () => {
    await native('1.1.1', '1.1.2');
    const { slug } = report().agents[0] ?? { slug: '' };
    change(join(out(), 'report.json'), (text) => {
      const whole = reportSchema.parse(JSON.parse(text));
      for (const one of whole.agents[0]?.cases ?? []) if (one.id === '1.1.2') one.result = null;
      return JSON.stringify(whole);
    });
    return join(out(), 'results', slug);
  };

  test('plays what an interrupted run has no result for, and keeps the results it has, however old', async () => {
    const first = native('1', '9');
    await said(first.stderr, /category 9 begins/);
    first.kill('SIGINT');
    expect(await first).toMatchObject({ exitCode: 130, stdout: expect.stringContaining('INCOMPLETE') });
    const before = report();
    const done = before.agents[0]?.cases.filter(({ result }) => result !== null).map(({ id }) => id) ?? [];
    expect(done.length).toBeGreaterThan(10);
    expect(done.length).toBeLessThan(70);
    expect(done).toContain('1.1.1');
    // An hour is more than any tolerance for clocks: as a result of this run it would be stale.
    change(join(results(), 'websock_server_case_1_1_1.json'), (text) =>
      text.replace(/"started": "[^"]*"/, `"started": "${new Date(Date.now() - 3_600_000).toISOString()}"`),
    );
    const kept = new Map(done.map((id) => [id, resultOf(id)]));

    const second = await native('--resume');
    expect(second).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('PASSED: 70 of 70 cases are as expected.'),
    });
    for (const [id, text] of kept) expect(resultOf(id), id).toBe(text);
    expect(report().cases.map(({ id }) => id)).toEqual(before.cases.map(({ id }) => id));
    expect(report().run.command).toBe(before.run.command);
    expect(report().engine.summary).toContain(`of run ${before.run.id}`);
    // It is a results folder like any other.
    const elsewhere = join(home(), 'elsewhere');
    expect(await conformance(elsewhere, ['--from', results(), '1', '9'])).toMatchObject({ exitCode: 0 });
  });
  const resultOf = (id: string) => {
    const result = report().agents[0]?.cases.find((one) => one.id === id)?.result ?? '';
    return readFileSync(join(out(), result), 'utf8');
  };

  test('a server that cannot be started costs none of the results that are there', async () => {
    await withoutOne();
    change(join(out(), 'report.json'), (text) => {
      const whole = reportSchema.parse(JSON.parse(text));
      for (const agent of whole.agents) agent.command = 'node nowhere.js {port}';
      return JSON.stringify(whole);
    });
    const { exitCode } = await native('--resume', '--agent', 'websock server', '--', 'node', 'nowhere.js', '{port}');
    expect(exitCode).toBe(3);
    expect(report().agents[0]?.cases.filter(({ result }) => result !== null)).toHaveLength(1);
    expect(readdirSync(results())).toContain('websock_server_case_1_1_1.json');
  });

  test('without a report there is nothing to resume; with --from nothing is played', async () => {
    expect((await native('--resume')).stderr).toContain('no report of a run to resume');
    expect(await native('--resume', '--from', 'fixtures/recorded/seed')).toMatchObject({ exitCode: 2 });
  });
});

describe('--watch', { timeout: 90_000 }, () => {
  test('plays again when a file of the server changes, with the server as it is then, until Ctrl-C', async () => {
    // A server of one file: what it imports is found by its whole address, since it stands alone in its folder.
    const file = join(home(), 'server.mts');
    const serving = (served: string) =>
      `import { serveIfStarted } from '${root}/fixtures/servers/base/serve.ts';\n` +
      `import ${served}.ts';\n` +
      'await serveIfStarted(import.meta.url, Served);\n';
    writeFileSync(file, serving(`{ Peer as Served } from '${root}/fixtures/servers/base/peer`));
    const tsx = import.meta.resolve('tsx');
    const run = play(['--watch', '1.1.2', '--', process.execPath, '--import', tsx, file], { cwd: home() });
    const first = said(run.stdout, /PASSED: 1 of 1/);
    const second = said(run.stdout, /FAILED: 1 of 1 case /);
    const separator = said(run.stderr, /^---- \d\d:\d\d:\d\d server\.mts changed: run 2 ----$/m);
    const waiting = said(run.stderr, /watching [^\n]*; Ctrl-C ends it/);
    await first;
    await waiting;
    writeFileSync(file, serving(`Served from '${root}/fixtures/servers/doubled-echo`));
    await separator;
    await said(run.stderr, /watching [^\n]*; Ctrl-C ends it/);
    await second;
    run.kill('SIGINT');
    const { exitCode, stderr } = await run;
    expect(exitCode).toBe(130);
    expect(stderr).not.toContain('run 3');
    expect(readdirSync(home()).sort()).toEqual(['report', 'server.mts']);
  });

  test.each(['--json', '--resume', '--from'])('does not go together with %s: exit 2', async (flag) => {
    const { exitCode, stderr } = await play(['--watch', flag, ...(flag === '--from' ? ['fixtures/recorded/ws'] : [])]);
    expect(stderr).toContain('do not go together');
    expect(exitCode).toBe(2);
  });
});

describe('a server that goes away', { timeout: 90_000 }, () => {
  const native = (...args: string[]) => play(['--engine', 'native', ...args]);

  test('by itself in mid-run: exit 3, the case in flight is named, and its last words are shown', async () => {
    const server = ['node', '--import', 'tsx', 'fixtures/servers/dies-after-10-connections.ts'];
    const { exitCode, stdout } = await native('--jobs', '1', '1', '2', '--', ...server);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/INCOMPLETE: .*The server ended during the run \(in flight: case [12]\.[\d.]+/);
    expect(stdout).toContain('It ended with exit code 1.');
    expect(stdout).toContain('too many connections: giving up');
    expect(report().problems[0]?.case).toMatch(/^[12]\./);
    // Nor does it lead to the folder in which the report was made.
    const [, missing] = report().problems;
    expect(missing?.what).toMatch(/^Case [12]\..* has no result\.$/);
    expect(existsSync(missing?.where ?? '')).toBe(true);
  });

  test('while many cases are in flight: they are named as ranges', async () => {
    const server = ['node', '--import', 'tsx', 'fixtures/servers/dies-after-10-connections.ts'];
    const { stdout } = await native('--jobs', '16', '2', '3', '--', ...server);
    expect(stdout).toMatch(/The server ended during the run \(in flight: case [^)]*\d-[23]\.\d/);
  });

  test('by SIGKILL during 9.5: exit 3, and the case in flight is named', async () => {
    const run = native('--jobs', '1', '--trace', '9.5');
    const [, pid] = await said(run.stderr, /answers at \S+ \(pid (\d+)\)/);
    await said(run.stderr, /9\.5\.\d.* -> text/);
    process.kill(Number(pid), 'SIGKILL');
    const { exitCode, stdout } = await run;
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/INCOMPLETE: .*The server ended during the run \(in flight: case 9\.5\.\d/);
    expect(stdout).toContain('It was ended by SIGKILL.');
    expect(report().problems[0]?.case).toMatch(/^9\.5\./);
  });

  test('by not being there at all: exit 3', async () => {
    const { exitCode, stdout } = await native('--url', 'ws://127.0.0.1:1/', '1.1.1');
    expect(exitCode).toBe(3);
    expect(stdout).toContain('No WebSocket server answers at ws://127.0.0.1:1/.');
    expect(stdout).toContain('ECONNREFUSED');
  });
});

describe('a run that is interrupted', { timeout: 90_000 }, () => {
  // Each moment is something the run says; the last ones fall into the play, and into a case that waits.
  test.each([
    ['as soon as the server is there', 'SIGTERM', /answers at/, ['1.1', '6.4', '9.5', '12.1']],
    ['at the first frame', 'SIGINT', /-> /, ['1.1', '6.4', '9.5', '12.1']],
    ['while cases wait for a timer', 'SIGTERM', /the case waits/, ['6.4']],
    ['among heavy cases', 'SIGINT', /category 9 begins/, ['9']],
    ['among compressed messages', 'SIGTERM', /category 12 begins/, ['12.1', '12.2']],
  ] as const)(
    '%s by %s: nothing is left within six seconds, the exit code says so, and the report says INCOMPLETE',
    async (_, signal, moment, cases) => {
      const run = play(['--engine', 'native', '--trace', ...cases]);
      const server = said(run.stderr, /\(pid (\d+)\)/);
      await said(run.stderr, moment);
      const at = performance.now();
      run.kill(signal);
      const { exitCode } = await run;
      expect(performance.now() - at).toBeLessThan(6000);
      expect(exitCode).toBe(signal === 'SIGINT' ? 130 : 143);
      expect(report().gate).toMatchObject({ decision: 'undecided', sentence: expect.stringContaining('INCOMPLETE') });
      expect(readFileSync(join(out(), 'index.html'), 'utf8')).toContain('INCOMPLETE');
      const [, pid] = await server;
      expect(processFacts(Number(pid))).toBeUndefined();
      expect(groupMembers(Number(pid))).toEqual([]);
      expect(readdirSync(home())).toEqual(['report']);
    },
  );

  test('when all is known and the pages are being written: the report is whole, and the exit code says so', async () => {
    const run = play(['--from', join(root, 'fixtures/recorded/ws')]);
    // The report is made in a folder beside its place.
    const pages = () => readdirSync(home(), { recursive: true }).some((name) => String(name).includes('cases'));
    await vi.waitUntil(pages, { interval: 5, timeout: 30_000 });
    run.kill('SIGTERM');
    const { exitCode } = await run;
    expect(exitCode).toBe(143);
    expect(report().agents[0]?.cases).toHaveLength(517);
    expect(readFileSync(join(out(), 'index.html'), 'utf8')).toContain('</html>');
    expect(readdirSync(home())).toEqual(['report']);
  });
});

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from 'execa';
import { describe, expect, test, vi } from 'vitest';
import { reportSchema } from '../../reports/document/report.ts';
import { groupMembers, processFacts } from '../system/process-table.ts';
import { fixtureServer } from '../testing/command.ts';
import { conformance, ownFolder, reportIn, said } from '../testing/run-command.ts';

/*
 * Tests of the command with the embedded engine, as a user runs it: real processes and signals, without Docker.
 */

const root = join(import.meta.dirname, '../..');

const home = ownFolder('native-run-test-');
const out = () => join(home(), 'report');
const report = () => reportIn(out());

const play = (args: readonly string[], options: Options = {}) => conformance(out(), args, options);

describe('--trace', () => {
  test('prints frames on stderr as they are sent and received, and only the result on stdout', async () => {
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

  test('uses the embedded engine if no engine is chosen', async () => {
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
])('the engine docker refuses %j with exit code 2 before a server starts', async (args, message) => {
  const { exitCode, stderr, stdout } = await play(['--engine', 'docker', ...args, '1.1.1']);
  expect(stderr).toMatch(message);
  expect(stderr).toContain('--engine native');
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
});

describe('--resume', { timeout: 90_000 }, () => {
  // With two jobs, the engine repeats cases that a busy machine delayed. With one job, such a delay would fail the
  // test.
  const native = (...args: string[]) => play(['--engine', 'native', '--jobs', '2', ...args]);
  const results = () => join(out(), 'results', report().agents[0]?.slug ?? '');
  const editFile = (path: string, edit: (text: string) => string) =>
    writeFileSync(path, edit(readFileSync(path, 'utf8')));
  /** Makes a report without a result of 1.1.2, as an interrupted run writes it. */
  const makeIncompleteReport = async () => {
    await native('1.1.1', '1.1.2');
    const { slug } = report().agents[0] ?? { slug: '' };
    editFile(join(out(), 'report.json'), (text) => {
      const document = reportSchema.parse(JSON.parse(text));
      for (const verdict of document.agents[0]?.cases ?? []) if (verdict.id === '1.1.2') verdict.result = null;
      return JSON.stringify(document);
    });
    return join(out(), 'results', slug);
  };

  test('runs the cases without a result, and keeps the existing results, even old ones', async () => {
    const first = native('--trace', '1', '9');
    // This line says that the last fast case has started. The cases of category 9 need seconds.
    await said(first.stderr, /^1\.2\.7 /);
    first.kill('SIGINT');
    expect(await first).toMatchObject({ exitCode: 130, stdout: expect.stringContaining('INCOMPLETE') });
    const before = report();
    const finished = before.agents[0]?.cases.filter(({ result }) => result !== null).map(({ id }) => id) ?? [];
    expect(finished.length).toBeGreaterThan(10);
    expect(finished.length).toBeLessThan(70);
    expect(finished).toContain('1.1.1');
    // The command refuses results that are older than the run. It tolerates a small difference of clocks, but not one
    // hour.
    editFile(join(results(), 'websock_server_case_1_1_1.json'), (text) =>
      text.replace(/"started": "[^"]*"/, `"started": "${new Date(Date.now() - 3_600_000).toISOString()}"`),
    );
    const resultsBefore = new Map(finished.map((id) => [id, resultOf(id)]));

    const second = await native('--resume');
    expect(second).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('PASSED: 70 of 70 cases are as expected.'),
    });
    for (const [id, text] of resultsBefore) expect(resultOf(id), id).toBe(text);
    expect(report().cases.map(({ id }) => id)).toEqual(before.cases.map(({ id }) => id));
    expect(report().run.command).toBe(before.run.command);
    expect(report().engine.summary).toContain(`of run ${before.run.id}`);
    // --from can read the results folder of a resumed run like any other.
    const elsewhere = join(home(), 'elsewhere');
    expect(await conformance(elsewhere, ['--from', results(), '1', '9'])).toMatchObject({ exitCode: 0 });
  });
  const resultOf = (id: string) => {
    const result = report().agents[0]?.cases.find((verdict) => verdict.id === id)?.result ?? '';
    return readFileSync(join(out(), result), 'utf8');
  };

  test('keeps the existing results if the server cannot be started', async () => {
    await makeIncompleteReport();
    editFile(join(out(), 'report.json'), (text) => {
      const document = reportSchema.parse(JSON.parse(text));
      for (const agent of document.agents) agent.command = 'node nowhere.js {port}';
      return JSON.stringify(document);
    });
    const { exitCode } = await native('--resume', '--agent', 'websock server', '--', 'node', 'nowhere.js', '{port}');
    expect(exitCode).toBe(3);
    expect(report().agents[0]?.cases.filter(({ result }) => result !== null)).toHaveLength(1);
    expect(readdirSync(results())).toContain('websock_server_case_1_1_1.json');
  });

  test('is refused without a report, and together with --from', async () => {
    expect((await native('--resume')).stderr).toContain('no report of a run to resume');
    expect(await native('--resume', '--from', 'fixtures/recorded/seed')).toMatchObject({ exitCode: 2 });
  });
});

describe('--watch', { timeout: 90_000 }, () => {
  test('runs again with the changed server if a file of the server changes, until Ctrl-C', async () => {
    // The server's file is in a temporary folder, so the file must import the fixtures by their absolute paths.
    const file = join(home(), 'server.mts');
    const serverSource = (served: string) =>
      `import { serveIfStarted } from '${root}/fixtures/servers/base/serve.ts';\n` +
      `import ${served}.ts';\n` +
      'await serveIfStarted(import.meta.url, Served);\n';
    writeFileSync(file, serverSource(`{ Peer as Served } from '${root}/fixtures/servers/base/peer`));
    const tsx = import.meta.resolve('tsx');
    const run = play(['--watch', '1.1.2', '--', process.execPath, '--import', tsx, file], { cwd: home() });
    const passed = said(run.stdout, /PASSED: 1 of 1/);
    const failed = said(run.stdout, /FAILED: 1 of 1 case /);
    const separator = said(run.stderr, /^---- \d\d:\d\d:\d\d server\.mts changed: run 2 ----$/m);
    const waiting = said(run.stderr, /Waiting for a change in [^\n]*Press Ctrl-C to stop/);
    await passed;
    await waiting;
    writeFileSync(file, serverSource(`Served from '${root}/fixtures/servers/echo/doubled-echo`));
    await separator;
    await said(run.stderr, /Waiting for a change in [^\n]*Press Ctrl-C to stop/);
    await failed;
    run.kill('SIGINT');
    const { exitCode, stderr } = await run;
    expect(exitCode).toBe(130);
    expect(stderr).not.toContain('run 3');
    expect(readdirSync(home()).sort()).toEqual(['report', 'server.mts']);
  });

  test.each(['--json', '--resume', '--from'])('is refused together with %s, with exit code 2', async (flag) => {
    const { exitCode, stderr } = await play(['--watch', flag, ...(flag === '--from' ? ['fixtures/recorded/ws'] : [])]);
    expect(stderr).toContain('cannot be used together');
    expect(exitCode).toBe(2);
  });
});

describe('a server that disappears exits with 3', { timeout: 90_000 }, () => {
  const native = (...args: string[]) => play(['--engine', 'native', ...args]);

  test('if it exits during the run: names the case in flight, and shows the last output of the server', async () => {
    const server = fixtureServer('lifecycle/dies-after-10-connections');
    const { exitCode, stdout } = await native('--jobs', '1', '1', '2', '--', ...server);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/INCOMPLETE: .*The server ended during the run \(in flight: case [12]\.[\d.]+/);
    expect(stdout).toContain('It ended with exit code 1.');
    expect(stdout).toContain('too many connections: giving up');
    expect(report().problems[0]?.case).toMatch(/^[12]\./);
    // The second problem names a path in the published report, not in the temporary folder.
    const [, missingResult] = report().problems;
    expect(missingResult?.what).toMatch(/^Case [12]\..* has no result\.$/);
    expect(existsSync(missingResult?.where ?? '')).toBe(true);
  });

  test('if it exits while many cases are in flight: names the cases as ranges', async () => {
    const server = fixtureServer('lifecycle/dies-after-10-connections');
    const { stdout } = await native('--jobs', '8', '1', '2', '3', '4', '--', ...server);
    expect(stdout).toMatch(/The server ended during the run \(in flight: case [^)]*\d-[1-4]\.\d/);
  });

  test('if SIGKILL ends it during 9.5: names the case in flight', async () => {
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

  test('if no server answers at --url', async () => {
    const { exitCode, stdout } = await native('--url', 'ws://127.0.0.1:1/', '1.1.1');
    expect(exitCode).toBe(3);
    expect(stdout).toContain('No WebSocket server answers at ws://127.0.0.1:1/.');
    expect(stdout).toContain('ECONNREFUSED');
  });
});

describe('a run that is interrupted', { timeout: 90_000 }, () => {
  // Each pattern is a line that the run prints; the signal is sent when the line appears.
  test.each([
    ['when the server is ready', 'SIGTERM', /answers at/, ['1.1', '6.4', '9.5', '12.1']],
    ['at the first frame', 'SIGINT', /-> /, ['1.1', '6.4', '9.5', '12.1']],
    ['while cases wait for a timer', 'SIGTERM', /the case waits/, ['6.4']],
    ['during the large messages of category 9', 'SIGINT', /category 9 starts/, ['9']],
    ['during the compressed messages of category 12', 'SIGTERM', /category 12 starts/, ['12.1', '12.2']],
  ] as const)(
    '%s by %s ends within six seconds, leaves no process, and reports INCOMPLETE',
    async (_, signal, pattern, cases) => {
      const run = play(['--engine', 'native', '--trace', ...cases]);
      const server = said(run.stderr, /\(pid (\d+)\)/);
      await said(run.stderr, pattern);
      const interruptedAt = performance.now();
      run.kill(signal);
      const { exitCode } = await run;
      expect(performance.now() - interruptedAt).toBeLessThan(6000);
      expect(exitCode).toBe(signal === 'SIGINT' ? 130 : 143);
      expect(report().gate).toMatchObject({ decision: 'undecided', sentence: expect.stringContaining('INCOMPLETE') });
      expect(readFileSync(join(out(), 'index.html'), 'utf8')).toContain('INCOMPLETE');
      const [, pid] = await server;
      expect(processFacts(Number(pid))).toBeUndefined();
      expect(groupMembers(Number(pid))).toEqual([]);
      expect(readdirSync(home())).toEqual(['report']);
    },
  );

  test('while the pages are being written: exits with 143, but completes the report', async () => {
    const run = play(['--from', join(root, 'fixtures/recorded/ws')]);
    // The command first writes the report into a temporary folder next to the final folder.
    const pagesStarted = () => readdirSync(home(), { recursive: true }).some((name) => String(name).includes('cases'));
    await vi.waitUntil(pagesStarted, { interval: 5, timeout: 30_000 });
    run.kill('SIGTERM');
    const { exitCode } = await run;
    expect(exitCode).toBe(143);
    expect(report().agents[0]?.cases).toHaveLength(517);
    expect(readFileSync(join(out(), 'index.html'), 'utf8')).toContain('</html>');
    expect(readdirSync(home())).toEqual(['report']);
  });
});

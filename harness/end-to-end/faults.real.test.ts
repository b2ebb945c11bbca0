import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { type Report, reportSchema } from '../../reports/document/report.ts';
import { groupMembers, listenersOn, processFacts } from '../system/process-table.ts';
import { said } from '../testing/run-command.ts';

/*
 * Tests of servers that cannot start, stop working, or are replaced during a run. Such a run must never pass, and must
 * leave no process behind.
 */

const root = join(import.meta.dirname, '../..');
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'faults-test-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const out = () => join(home, 'report');
const report = (): Report => reportSchema.parse(JSON.parse(readFileSync(join(out(), 'report.json'), 'utf8')));
const play = (...args: string[]) =>
  execa(
    process.execPath,
    ['--import', 'tsx', 'harness/cli/main.ts', '--engine', 'native', '--jobs', '1', '--out', out(), ...args],
    { cwd: root, reject: false, env: { NO_COLOR: '1', CI: '' } },
  );
const ECHO = 'node --import tsx fixtures/servers/npm/ws.ts';

describe('another process has the port', () => {
  let otherServer: WebSocketServer;
  let port: number;
  beforeEach(async () => {
    otherServer = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    otherServer.on('connection', (socket) => {
      socket.on('error', () => undefined);
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    await new Promise((resolve) => otherServer.once('listening', resolve));
    port = (otherServer.address() as AddressInfo).port;
  });
  afterEach(() => {
    for (const client of otherServer.clients) client.terminate();
    otherServer.close();
  });

  test('that --port names: exits with 3, and names the port and the process (H04)', async () => {
    const { exitCode, stdout } = await play('1.1.1', '--port', String(port), '--', ...ECHO.split(' '));
    expect(stdout).toContain(`Port ${port} is taken, and the server can have no other.`);
    if (process.platform === 'linux') expect(stdout).toContain(`Process ${process.pid} listens there.`);
    expect(exitCode).toBe(3);
  });

  test('that the started server claims to listen on: exits with 3 instead of testing the other process (H05)', async () => {
    const impostor = `console.log('listening ws://127.0.0.1:${port}/'); setInterval(() => {}, 1000)`;
    const { exitCode, stdout } = await play('1.1.1', '--', process.execPath, '-e', impostor);
    expect(stdout).toContain(`Another process answers at ws://127.0.0.1:${port}/, not the server that was started.`);
    expect(stdout).toContain(String(process.pid));
    expect(report().agents[0]?.cases[0]?.verdict).toBe('missing');
    expect(exitCode).toBe(3);
  });

  test('that the server chooses itself: exits with 3, and shows the error that the server printed', async () => {
    const { exitCode, stdout } = await play('1.1.1', '--', 'sh', '-c', `PORT=${port} exec ${ECHO}`);
    expect(stdout).toContain('The server ended before it was ready.');
    expect(stdout).toContain('EADDRINUSE');
    expect(exitCode).toBe(3);
  });
});

test('a server that is stopped by SIGSTOP during the run: exits with 3, names the case in flight, and ends the server (H09)', async () => {
  const run = play('9.5', '--patience', '1', '--trace');
  const [, pid] = await said(run.stderr, /\(pid (\d+)\)/);
  await said(run.stderr, /9\.5\.\d.* -> text/);
  process.kill(Number(pid), 'SIGSTOP');
  const { exitCode, stdout } = await run;
  expect(stdout).toMatch(/The server no longer answers \(in flight: case 9\.5\.\d/);
  expect(report().problems[0]?.case).toMatch(/^9\.5\./);
  expect(exitCode).toBe(3);
  expect(processFacts(Number(pid))).toBeUndefined();
});

test('a server that its supervisor restarts during the run: exits with 3, because the results are of two processes (H10)', async () => {
  const run = play('9.5', '--trace', '--', 'sh', '-c', `while true; do ${ECHO}; done`);
  const [, url, supervisor] = await said(run.stderr, /answers at (\S+) \(pid (\d+)\)/);
  await said(run.stderr, /9\.5\.\d.* -> text/);
  const port = Number(new URL(url ?? '').port);
  const [listener] = listenersOn(port);
  process.kill(listener?.pid ?? 0, 'SIGKILL');
  const { exitCode, stdout } = await run;
  expect(stdout).toMatch(/The process that listened at .* when the run began no longer listens there/);
  expect(exitCode).toBe(3);
  expect(groupMembers(Number(supervisor))).toEqual([]);
});

test('a server that a shell starts, with child processes: the run leaves none of the processes (H15)', async () => {
  const { exitCode, stderr } = await play('1.1.1', '--', 'sh', '-c', `sleep 600 & sh -c 'sleep 600 & ${ECHO}' & wait`);
  expect(exitCode).toBe(0);
  const group = Number(/\(pid (\d+)\)/.exec(stderr)?.[1]);
  expect(group).toBeGreaterThan(0);
  expect(groupMembers(group)).toEqual([]);
});

test('a build that fails: exits with 3, shows the last output of the build, and still tests the other servers', async () => {
  const config = join(home, 'config.json');
  const command = ECHO.split(' ');
  const servers = {
    broken: { command, cwd: root, build: ['sh', '-c', 'echo "error: mismatched types" >&2; exit 101'] },
    built: { command, cwd: root, build: ['true'] },
  };
  writeFileSync(config, JSON.stringify({ servers }));
  const { exitCode, stdout } = await play('1.1.1', '--config', config, '--server', 'broken', '--server', 'built');
  expect(stdout).toMatch(
    /The build of the server failed\.[\s\S]*It ended with exit code 101\.[\s\S]*error: mismatched types/,
  );
  expect(report().agents.map(({ name, cases }) => [name, cases[0]?.verdict])).toEqual([
    ['broken', 'missing'],
    ['built', 'same'],
  ]);
  expect(readFileSync(join(out(), 'results/broken.build.log'), 'utf8')).toContain('mismatched types');
  expect(exitCode).toBe(3);
});

test('four runs at the same time with one folder and one history pass, and the history has all four (H41)', async () => {
  const history = join(home, 'history.jsonl');
  const runs = await Promise.all([1, 2, 3, 4].map(() => play('1.1.1', '--history', history)));
  expect(runs.map(({ exitCode, stdout }) => (exitCode === 0 ? 0 : stdout))).toEqual([0, 0, 0, 0]);
  const ids = readFileSync(history, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).id);
  expect(new Set(ids).size).toBe(4);
  expect(report().gate.decision).toBe('passed');
  expect(readdirSync(home).sort()).toEqual(['history.jsonl', 'report']);
});

test('a server that accepts connections but never answers: exits with 3 after --ready-timeout (H06)', async () => {
  const silentServer = `require('net').createServer(() => {}).listen(+process.argv[1], '127.0.0.1')`;
  const { exitCode, stdout } = await play(
    '1.1.1',
    '--ready-timeout',
    '2',
    '--',
    process.execPath,
    '-e',
    silentServer,
    '{port}',
  );
  expect(stdout).toContain('The server did not become ready within 2 s.');
  expect(exitCode).toBe(3);
});

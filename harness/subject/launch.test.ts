import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { groupMembers, listenersOn, processFacts } from '../system/process-table.ts';
import { removeStaleWorkspaces, Workspace } from '../system/workspace.ts';
import { rejectedError } from '../testing/thrown-error.ts';
import { attach } from './attach.ts';
import { type Launch, launch } from './launch.ts';
import { probe } from './probe.ts';

const node = process.execPath;
/**
 * JavaScript for scripts that run with `node -e`. Defines the function `S(port, delay in ms)`, which starts a WebSocket
 * server.
 */
const SERVER = `const S = (port, ms) => setTimeout(() => new (require('ws').WebSocketServer)({ port, host: '127.0.0.1' }), ms);`;
const script = (code: string, ...args: string[]): Launch => ({
  command: [node, '-e', `${SERVER} ${code}`, ...args],
  path: '/',
  readySeconds: 15,
});

let workspace: Workspace;
let log: string;
const never = new AbortController().signal;
beforeEach(() => {
  workspace = new Workspace();
  log = join(workspace.folder, 'server.log');
});
afterEach(() => workspace.remove());
const start = (spec: Launch, signal = never) => launch(spec, workspace, log, signal);
const portOf = (server: net.Server) => {
  const address = server.address();
  if (typeof address === 'string' || address === null) throw new Error('no port');
  return address.port;
};
/** Resolves with a port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
/**
 * Waits until a condition is true, by checking it again and again. If it never becomes true, the test fails by its time
 * limit.
 */
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe('a server is ready', () => {
  test('when it answers an opening handshake on the port it was given, however late', async () => {
    const target = await start(script('S(+process.argv[1], 700)', '{port}'));
    expect(await probe(target.url, 1000)).toBe('open');
    await target.end();
    expect(await probe(target.url, 1000)).not.toBe('open');
  });

  test('when it prints "listening ws://…", on whatever port', async () => {
    const target = await start(
      script(
        `const s = new (require('ws').WebSocketServer)({ port: 0, host: '127.0.0.1' }, () => console.log('listening ws://127.0.0.1:' + s.address().port + '/ws'))`,
      ),
    );
    expect(new URL(target.url).pathname).toBe('/ws');
    expect(await probe(target.url, 1000)).toBe('open');
    await target.end();
  });
});

describe('a server with a setting for readiness', () => {
  /**
   * A server that accepts every opening handshake. It echoes messages only from its n-th connection on; n is the second
   * argument.
   */
  const LATE_ECHO = `let seen = 0; new (require('ws').WebSocketServer)({ port: +process.argv[1], host: '127.0.0.1' }).on('connection', (socket) => {
    const awake = ++seen >= +process.argv[2];
    socket.on('error', () => {}).on('message', (data, binary) => awake && socket.send(data, { binary }));
  });`;

  test('is ready when a text comes back, and not when it only upgrades', async () => {
    const target = await start({ ...script(LATE_ECHO, '{port}', '2'), ready: 'echo' });
    expect(await probe(target.url, 5000, 'echo')).toBe('open');
    await target.end();
  });

  test('fails with that reason if the text never comes back', async () => {
    const silent = { ...script(LATE_ECHO, '{port}', '1000'), ready: 'echo', readySeconds: 3 } as const;
    const { problem } = await rejectedError(start(silent));
    expect(problem.why).toContain('did not send back a text');
  });

  test.each([
    ['up on (?<port>\\d+)', '/chat'],
    ['at (?<url>https?:\\S+)', '/other'],
  ])('is ready when a line matches %s, and listens where the line says', async (line, path) => {
    const code = `const s = new (require('ws').WebSocketServer)({ port: 0, host: '127.0.0.1' }, () => {
      console.log('starting up on purpose');
      console.log('up on ' + s.address().port + ', at http://0.0.0.0:' + s.address().port + '/other');
    })`;
    const target = await start({ ...script(code), path: '/chat', ready: { line } });
    expect(new URL(target.url).pathname).toBe(path);
    expect(await probe(target.url, 5000)).toBe('open');
    await target.end();
  });

  test('is not ready before the line is printed, even if it answers', async () => {
    const code = `S(+process.argv[1], 0); setTimeout(() => console.log('schema loaded'), 600)`;
    const target = await start({ ...script(code, '{port}'), ready: { line: 'schema loaded' } });
    expect(target.tail()).toContain('schema loaded');
    await target.end();
  });

  test('fails with the expression if the line is never printed', async () => {
    const silent = { ...script(`S(+process.argv[1], 0)`, '{port}'), ready: { line: 'all set' } };
    const { problem } = await rejectedError(start({ ...silent, readySeconds: 1 }));
    expect(problem.why).toContain('/all set/');
  });

  test('is ready when a TCP connection opens, whatever it answers', async () => {
    const code = `require('net').createServer((socket) => socket.on('error', () => {}).end('no WebSocket')).listen(+process.argv[1], '127.0.0.1')`;
    const target = await start({ ...script(code, '{port}'), ready: 'tcp' });
    expect(await probe(target.url, 5000, 'tcp')).toBe('open');
    await target.end();
  });
});

describe('the port of a server', () => {
  test.each([
    [
      'is put into each variable that contains {port}',
      { env: { LISTEN: '127.0.0.1:{port}' } },
      `+process.env.LISTEN.split(':')[1]`,
    ],
    ['is in the environment as PORT, even if the command does not contain {port}', {}, '+process.env.PORT'],
  ])('%s', async (_, more, port) => {
    const target = await start({ ...script(`S(${port}, 0)`), ...more });
    expect(await probe(target.url, 5000)).toBe('open');
    await target.end();
  });

  test('is the one in the settings, if there is one', async () => {
    const port = await closedPort();
    const target = await start({ ...script(`S(${port}, 0)`), port });
    expect(target.url).toBe(`ws://127.0.0.1:${port}/`);
    await target.end();
  });

  test('must be free: otherwise the process that has it is named, and nothing is started', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const port = portOf(other);
    const { exitCode, problem } = await rejectedError(start({ ...script(`S(${port}, 0)`), port }));
    expect(problem.what).toBe(`Port ${port} is taken, and the server can have no other.`);
    if (process.platform === 'linux') expect(problem.why).toContain(String(process.pid));
    expect(exitCode).toBe(3);
    expect(existsSync(log)).toBe(false);
    other.close();
  });

  test.runIf(hasIpv6)('can be on an IPv6 address', async () => {
    const code = `new (require('ws').WebSocketServer)({ port: +process.argv[1], host: '::1' })`;
    const target = await start({ ...script(code, '{port}'), host: '::1' });
    expect(target.url).toMatch(/^ws:\/\/\[::1\]:\d+\/$/);
    expect(await probe(target.url, 5000, 'handshake')).toBe('open');
    await target.end();
  });
});

test('sends header fields, subprotocol and Origin to a server that demands them before it is ready', async () => {
  const code = `new (require('ws').WebSocketServer)({ port: +process.argv[1], host: '127.0.0.1',
    verifyClient: ({ req }) => req.headers.authorization === 'Bearer abc' && req.headers.origin === 'https://a.example'
      && req.headers['sec-websocket-protocol'] === 'chat' })`;
  const handshake = { headers: { Authorization: 'Bearer abc' }, origin: 'https://a.example', protocols: ['chat'] };
  const target = await start({ ...script(code, '{port}'), handshake });
  expect(await probe(target.url, 5000)).toEqual({ why: expect.stringContaining('401') });
  await expect(attach({ url: target.url, handshake }, never)).resolves.toBeDefined();
  await target.end();
});

describe('a server that does not start fails with exit 3, its command and its last lines', () => {
  test('if it ends', async () => {
    const error = await rejectedError(start(script(`console.error('no such table'); process.exit(7)`)));
    expect(error.exitCode).toBe(3);
    expect(error.problem).toMatchObject({ why: 'It ended with exit code 7.', tail: ['no such table'] });
    expect(error.problem.todo).toMatch(/^Its last lines are below\./);
  });
  test('if there is no such program', async () => {
    const error = await rejectedError(start({ command: ['/no/such/program'], path: '/', readySeconds: 5 }));
    expect(error.problem.why).toBe('It could not be started: there is no such program (ENOENT).');
  });
  test('if the program is a folder', async () => {
    const error = await rejectedError(start({ command: [import.meta.dirname], path: '/', readySeconds: 5 }));
    expect(error.problem.why).toMatch(/the file is not a program, or must not be executed \(EACCES\)/);
  });
  test('if the command was written as one word', async () => {
    const error = await rejectedError(start({ command: ['node server.js'], path: '/', readySeconds: 5 }));
    expect(error.problem.todo).toMatch(/Leave out the quotes: -- node server\.js$/);
  });
  test('if its time is over, with the reason why the last probe failed', async () => {
    const error = await rejectedError(
      start({ ...script(`console.log('thinking'); setInterval(() => {}, 1000)`), readySeconds: 0.6 }),
    );
    expect(error.problem).toMatchObject({ what: expect.stringContaining('within 0.6 s'), tail: ['thinking'] });
    expect(error.problem.why).toMatch(/ answered no opening handshake: connect ECONNREFUSED /);
  });
});

test("fails if another process listens on the port, because its answers are not the server's", async () => {
  const other = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => other.once('listening', resolve));
  const address = other.address();
  if (typeof address === 'string' || address === null) throw new Error('no port');
  const code = `console.log('listening ws://127.0.0.1:${address.port}/'); setInterval(() => {}, 1000)`;
  const error = await rejectedError(start(script(code)));
  expect(error.problem.what).toMatch(/Another process answers/);
  expect(error.problem.why).toContain(String(process.pid));
  other.close();
});

test('ends the processes that the server started, even if its shell has ended before', async () => {
  const target = await start({
    command: ['sh', '-c', `${node} -e "$1" "$2" & wait`, 'sh', `${SERVER} S(+process.argv[1], 0)`, '{port}'],
    path: '/',
    readySeconds: 15,
  });
  const [listener] = listenersOn(Number(new URL(target.url).port));
  if (!listener) throw new Error('nobody listens');
  await target.end();
  expect(processFacts(listener.pid)).toBeUndefined();
  expect(groupMembers(listener.group)).toEqual([]);
});

test('ends a server that ignores SIGTERM and is stopped', async () => {
  const target = await start(script(`process.on('SIGTERM', () => {}); S(+process.argv[1], 0)`, '{port}'));
  const [listener] = listenersOn(Number(new URL(target.url).port));
  if (!listener) throw new Error('nobody listens');
  process.kill(listener.pid, 'SIGSTOP');
  await target.end();
  expect(groupMembers(listener.group)).toEqual([]);
});

test('starts a server again with another port if another process took its port', async () => {
  // The first two starts fail as if the port was taken.
  const tries = join(workspace.folder, 'tries');
  const code = `const fs = require('fs'); fs.appendFileSync(process.argv[2], 'x');
    if (fs.readFileSync(process.argv[2]).length < 3) { console.error('Error: listen EADDRINUSE: address already in use'); process.exit(1); }
    S(+process.argv[1], 0)`;
  const target = await start(script(code, '{port}', tries));
  expect(readFileSync(tries, 'utf8')).toBe('xxx');
  await target.end();
});

test('notices a server that was restarted during the run', async () => {
  const target = await start({
    command: [
      'sh',
      '-c',
      `while true; do ${node} -e "$1" "$2"; done`,
      'sh',
      `${SERVER} S(+process.argv[1], 0)`,
      '{port}',
    ],
    path: '/',
    readySeconds: 15,
  });
  const port = Number(new URL(target.url).port);
  expect(target.isTheSame()).toBe(true);
  const [first] = listenersOn(port);
  process.kill(first?.pid ?? 0, 'SIGKILL');
  await until(() => listenersOn(port).some(({ pid }) => pid !== first?.pid));
  expect(target.isTheSame()).toBe(false);
  await target.end();
});

test('reports how a server ended', async () => {
  const target = await start(script(`S(+process.argv[1], 0)`, '{port}'));
  expect(target.exit()).toBeUndefined();
  process.kill(listenersOn(Number(new URL(target.url).port))[0]?.pid ?? 0, 'SIGKILL');
  expect(await target.ended).toEqual({ code: null, signal: 'SIGKILL' });
  expect(target.exit()).toEqual({ code: null, signal: 'SIGKILL' });
  await target.end();
});

test('leaves nothing running if the start is aborted', async () => {
  const controller = new AbortController();
  const starting = start({ ...script('setInterval(() => {}, 1000)'), readySeconds: 60 }, controller.signal);
  controller.abort(new Error('enough'));
  await expect(starting).rejects.toThrow('enough');
});

test('writes the output of the server to a file', async () => {
  const target = await start(
    script(`console.log('to stdout'); console.error('to stderr'); S(+process.argv[1], 0)`, '{port}'),
  );
  await target.end();
  expect(readFileSync(log, 'utf8')).toMatch(/to stdout[\s\S]*to stderr|to stderr[\s\S]*to stdout/);
});

test('fills neither disk nor memory with the output of a server that prints 300 MB', async () => {
  const before = process.memoryUsage().rss;
  const megabytes = 300;
  const target = await start({
    command: [
      'sh',
      '-c',
      `yes "a line of a noisy server" | head -c ${megabytes}M; exec ${node} -e "$1" "$2"`,
      'sh',
      `${SERVER} S(+process.argv[1], 0)`,
      '{port}',
    ],
    path: '/',
    readySeconds: 60,
  });
  await target.end();
  expect(statSync(log).size).toBeLessThan(3 * 1024 * 1024);
  expect(readFileSync(log, 'utf8').slice(-4096)).toContain('bytes left out');
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});

describe('attach', () => {
  test('waits for a server that starts later, if it is given time', async () => {
    const port = await closedPort();
    const attaching = attach({ url: `ws://127.0.0.1:${port}/`, readySeconds: 20 }, never);
    const server = new WebSocketServer({ port, host: '127.0.0.1' });
    expect((await attaching).url).toBe(`ws://127.0.0.1:${port}/`);
    server.close();
  });
  test('does not end the server', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const target = await attach({ url: `ws://127.0.0.1:${port}/` }, never);
    await target.end();
    expect(await probe(target.url, 1000)).toBe('open');
    server.close();
  });
  test('fails with the address if nobody answers', async () => {
    const port = await closedPort();
    const error = await rejectedError(attach({ url: `ws://127.0.0.1:${port}/` }, never));
    expect(error).toMatchObject({ exitCode: 3, problem: { why: expect.stringContaining('ECONNREFUSED') } });
  });
  test('fails with the answer of a server that is not a WebSocket server', async () => {
    const http = net.createServer((socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => http.once('listening', resolve));
    const address = http.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const error = await rejectedError(attach({ url: `ws://127.0.0.1:${port}/` }, never));
    expect(error.problem.why).toContain('HTTP/1.1 404 Not Found');
    http.close();
  });
});

test.runIf(process.platform === 'linux')(
  "does not kill a process group that got the id of a dead run's group later",
  async () => {
    const bystander = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    await until(() => processFacts(bystander.pid ?? 0)?.group === bystander.pid);
    const folder = mkdtempSync(join(tmpdir(), 'ws-conformance-run-'));
    const dead = { pid: 2 ** 22 - 1, started: 1, folders: [], groups: [{ group: bystander.pid, started: 1 }] };
    writeFileSync(join(folder, 'owner.json'), JSON.stringify(dead));
    removeStaleWorkspaces();
    expect(existsSync(folder)).toBe(false);
    expect(processFacts(bystander.pid ?? 0)).toBeDefined();
    bystander.kill('SIGKILL');
  },
);

test.runIf(process.platform === 'linux')(
  'ends the processes and removes the folders of a run that was killed',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ws-conformance-left-'));
    const orphan = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    await until(() => processFacts(orphan.pid ?? 0)?.group === orphan.pid);
    const code = `
    import { Workspace } from ${JSON.stringify(join(import.meta.dirname, '../system/workspace.ts'))};
    const workspace = new Workspace();
    workspace.own(${orphan.pid});
    workspace.ownReport(${JSON.stringify(folder)}, 'nowhere');
    console.log(workspace.folder);
    process.kill(process.pid, 'SIGKILL');`;
    const run = spawn(node, ['--import', 'tsx', '--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let left = '';
    run.stdout.on('data', (chunk) => {
      left += chunk;
    });
    await new Promise((resolve) => run.once('close', resolve));
    expect(existsSync(left.trim())).toBe(true);
    expect(removeStaleWorkspaces()).toBeGreaterThanOrEqual(1);
    expect(existsSync(left.trim())).toBe(false);
    expect(existsSync(folder)).toBe(false);
    await until(() => processFacts(orphan.pid ?? 0) === undefined);
    // Cleaning up must not remove the workspace (temporary folder) of this process, because this process still runs.
    expect(existsSync(workspace.folder)).toBe(true);
    rmSync(folder, { recursive: true, force: true });
  },
);

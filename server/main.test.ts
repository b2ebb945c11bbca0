import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { hex } from './testing/protocol-kit.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

test('prints its address and nothing else; SIGTERM closes all clients with 1001 and exits with 0', async () => {
  const child = start('--port', '0', '--path', '/echo', '--agent', 'somebody');
  const lines: string[] = [];
  const reader = createInterface(child.stdout);
  reader.on('line', (line) => lines.push(line));
  await once(reader, 'line');
  const port = /^listening ws:\/\/127\.0\.0\.1:(\d+)\/echo$/.exec(lines[0] ?? '')?.[1];

  const socket = connect(Number(port), '127.0.0.1');
  const headers = ['Host: x', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
  socket.write(`GET /echo HTTP/1.1\r\n${headers.join('\r\n')}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
  const [response] = await once(socket, 'data');
  expect(String(response)).toContain('Server: somebody');

  child.kill('SIGTERM');
  const [closeFrame] = await once(socket, 'data');
  expect(closeFrame).toEqual(hex`880203e9`);
  // Answer with a masked client Close frame; the masking key is zero.
  socket.end(hex`8882 00000000 03e9`);
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(lines).toHaveLength(1);
});

test.each([
  [['--port', 'x'], '--port is "x"'],
  [['--path', 'ws'], '--path is "ws"'],
  [['--prot', '1'], '--prot'],
  [['--host', '192.0.2.1', '--port', '0'], '192.0.2.1'],
])('refuses %j and names the problem', async (args, problem) => {
  const child = start(...args);
  const [[message], [code]] = await Promise.all([once(child.stderr, 'data'), once(child, 'exit')]);
  expect(String(message)).toContain(problem);
  expect(code).toBe(2);
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { createServer } from '../index.ts';
import { OP } from '../protocol/frame.ts';
import { request, survives } from '../testing/attack-kit.ts';
import { finalFrame, frame, hex } from '../testing/protocol-kit.ts';
import { RawClient } from '../testing/raw-client.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Starts the server as a process that may have at most `files` open files (which include sockets). */
async function serve(files = 1_024): Promise<{ child: ChildProcess; port: number; errors: () => string }> {
  const script = 'ulimit -n "$1"; shift; exec "$@"';
  const command = [process.execPath, '--import', 'tsx', MAIN, '--port', '0'];
  const child = spawn('sh', ['-c', script, 'sh', `${files}`, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  let stdout = '';
  while (!stdout.includes('\n')) stdout += String((await once(child.stdout, 'data'))[0]);
  return { child, port: Number(/:(\d+)\//.exec(stdout)?.[1]), errors: () => errors };
}

async function upgraded(port: number): Promise<RawClient> {
  const client = new RawClient(port);
  await client.upgrade();
  return client;
}

test('S21 S69 a server without free file descriptors keeps its connections and recovers', async () => {
  const { child, port, errors } = await serve(64);
  const honestClient = await upgraded(port);
  const crowd = Array.from({ length: 120 }, () => new RawClient(port));
  await Promise.all(
    crowd.map((client) => Promise.race([once(client.socket, 'connect'), once(client.socket, 'close')])),
  );
  honestClient.socket.write(finalFrame(OP.text, 'x'));
  await honestClient.expectReceived(hex`8101 78`);
  for (const client of crowd) client.socket.destroy();
  // Try several times: the first attempts can fail, because the server has not yet closed all sockets of the earlier
  // clients.
  let lateClient = await upgraded(port);
  for (let tries = 0; lateClient.ended && tries < 100; tries++) lateClient = await upgraded(port);
  lateClient.socket.write(finalFrame(OP.text, 'y'));
  await lateClient.expectReceived(hex`8101 79`);
  expect(child.exitCode).toBeNull();
  expect(errors().split('\n').length).toBeLessThan(10);
  for (const client of [honestClient, lateClient]) client.socket.destroy();
}, 30_000);

test('S67 on SIGTERM the server closes 100 clients, 10 of them hostile, with 1001 and exits with 0 in time', async () => {
  const { child, port } = await serve();
  const clients = await Promise.all(Array.from({ length: 100 }, () => upgraded(port)));
  for (const [at, client] of clients.entries()) {
    if (at < 5) client.socket.pause();
    else if (at < 10) client.socket.write(frame(OP.text, 'unfinished'));
    else {
      client
        .waitUntil(() => client.ended || client.received.length >= 4)
        .then(() => {
          client.socket.end(finalFrame(OP.close, hex`03e9`));
        });
    }
  }
  const start = performance.now();
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(performance.now() - start).toBeLessThan(6_000 + 3_000);
  for (const client of clients.slice(10)) expect(client.received).toEqual(hex`8802 03e9`);
  for (const client of clients) client.socket.destroy();
}, 30_000);

test('S67 a second signal ends the process at once', async () => {
  const { child, port } = await serve();
  const client = await upgraded(port);
  child.kill('SIGTERM');
  await client.waitForBytes(4);
  child.kill('SIGTERM');
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGTERM');
  client.socket.destroy();
}, 30_000);

test('S68 no connection remains of 1,000 that opened and closed', async () => {
  await survives(async ({ upgraded: open, ends }) => {
    for (let n = 0; n < 1_000; n += 20) {
      const clients = await Promise.all(Array.from({ length: 20 }, () => open()));
      for (const client of clients) client.socket.end(Buffer.concat([finalFrame(OP.text, 'x'), finalFrame(OP.close)]));
      await Promise.all(clients.map((client) => client.waitUntil(() => client.ended)));
    }
    await expect.poll(() => ends.length).toBe(1_000);
  });
});

test('S70 control characters of a client reach neither the log nor the response', async () => {
  const { child, port, errors } = await serve();
  const escapes = '\x1b[2J\x1b]0;owned\x07';
  for (const text of [
    request().replace('/ws', `/${escapes}`),
    request(`X-A: ${escapes}`),
    request(`Sec-WebSocket-Protocol: ${escapes}`),
    request(`Sec-WebSocket-Extensions: ${escapes}`),
  ]) {
    const client = new RawClient(port);
    client.socket.write(text);
    await client.waitUntil(() => client.ended || client.received.includes('\r\n\r\n'));
    expect(client.received.includes('\x1b')).toBe(false);
    client.socket.destroy();
  }
  const client = await upgraded(port);
  client.socket.write(finalFrame(OP.close, Buffer.concat([hex`03e8`, Buffer.from(escapes)])));
  await client.waitUntil(() => client.ended);
  expect(client.received.includes('\x1b')).toBe(false);
  client.socket.destroy();
  expect(errors()).toBe('');
  child.kill();
}, 30_000);

test('S72 the server listens on the address it reports, with IPv4 and IPv6', async () => {
  for (const [host, hostname] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '[::1]'],
  ] as const) {
    const server = createServer();
    const url = await server.listen(0, host).catch((error: NodeJS.ErrnoException) => error.code ?? '');
    // Skip IPv6 on a machine without it.
    if (url === 'EADDRNOTAVAIL' || url === 'EAFNOSUPPORT') continue;
    expect(new URL(url).hostname).toBe(hostname);
    const answer = await fetch(url.replace('ws:', 'http:'));
    expect(answer.status).toBe(426);
    await answer.text();
    await server.close();
  }
});

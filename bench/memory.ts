/**
 * Measures the memory per connection: `npx tsx bench/memory.ts [plain|deflate|large]`. The server runs in its own
 * process (bench/peers/ours.ts). The result is the growth of its resident memory (VmRSS) divided by the number of
 * connections.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { residentBytes } from './cpu.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const KIB = 1024;

async function server(pingIntervalMs: number) {
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', `${import.meta.dirname}/peers/ours.ts`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PING_INTERVAL_MS: `${pingIntervalMs}`, COLLECT: '1' },
  });
  const [line] = await once(child.stdout, 'data');
  return { port: Number(/(\d+)/.exec(String(line))?.[1]), pid: child.pid ?? 0, end: () => child.kill() };
}

async function open(port: number, deflate: boolean): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  const extension = deflate ? 'Sec-WebSocket-Extensions: permessage-deflate\r\n' : '';
  socket.write(
    `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n${extension}\r\n`,
  );
  await once(socket, 'data');
  return socket;
}

async function openMany(port: number, count: number, deflate: boolean): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    sockets.push(
      ...(await Promise.all(Array.from({ length: Math.min(100, count - sockets.length) }, () => open(port, deflate)))),
    );
  }
  return sockets;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function idle(count: number, deflate: boolean): Promise<void> {
  const ours = await server(2_000);
  // Open and close some connections first. Memory that the server allocates only once is then not part of the result.
  for (const socket of await openMany(ours.port, 50, deflate)) socket.destroy();
  await pause(2_000);
  const before = residentBytes(ours.pid);
  const sockets = await openMany(ours.port, count, deflate);
  if (deflate) {
    const text = Buffer.from(JSON.stringify(Array.from({ length: 400 }, (_, n) => ({ n, name: `item ${n * 7919}` }))));
    const payload = deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4);
    const head = Buffer.from([0xc1, 0xfe, payload.length >> 8, payload.length & 255, 0, 0, 0, 0]);
    for (const socket of sockets) {
      socket.write(Buffer.concat([head, payload]));
      await once(socket, 'data');
    }
  }
  // The clients do not answer the server's Pings, but 6 s are too short for the server to drop them.
  await pause(6_000);
  const each = (residentBytes(ours.pid) - before) / count;
  console.log(`${count} idle connections${deflate ? ', deflate, used once' : ''}: ${(each / KIB).toFixed(1)} KiB each`);
  for (const socket of sockets) socket.destroy();
  ours.end();
}

async function large(count: number): Promise<void> {
  const ours = await server(20_000);
  const sockets = await openMany(ours.port, count, false);
  const before = residentBytes(ours.pid);
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, residentBytes(ours.pid));
  }, 10);
  const size = 16 * 1024 * KIB;
  const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(size, 6);
  const message = Buffer.concat([head, Buffer.alloc(size)]);
  const mib = (bytes: number) => `+${Math.round((bytes - before) / KIB / KIB)} MiB`;
  // Three rounds: if the memory stays constant after the first round, it was allocated only once; if it grows, there is
  // a leak.
  const after: string[] = [];
  for (let round = 0; round < 3; round++) {
    await Promise.all(
      sockets.map(async (socket) => {
        let left = size + 10;
        const done = new Promise<void>((resolve) => {
          const count = (chunk: Buffer) => {
            left -= chunk.length;
            if (left > 0) return;
            socket.off('data', count);
            resolve();
          };
          socket.on('data', count);
        });
        socket.write(message);
        await done;
      }),
    );
    await pause(6_000);
    after.push(mib(residentBytes(ours.pid)));
  }
  clearInterval(watch);
  console.log(
    `${count} echoes of 16 MiB at once, three times: ${mib(peak)} at most; 6 s after each: ${after.join(', ')}`,
  );
  for (const socket of sockets) socket.destroy();
  ours.end();
}

const only = process.argv[2];
if (only === undefined || only === 'plain') await idle(10_000, false);
if (only === undefined || only === 'deflate') await idle(2_000, true);
if (only === undefined || only === 'large') await large(12);

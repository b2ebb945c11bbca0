import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { expect, it, vi } from 'vitest';
import { credentials } from '../../testing/tls.ts';
import { connectTcp } from './tcp-transport.ts';

/** A certificate for a server of this test, and its key. */
async function certificate() {
  const folder = mkdtempSync(join(tmpdir(), 'tcp-transport-test-'));
  try {
    const { cert, key } = await credentials(folder, 'test');
    return { cert: readFileSync(cert), key: readFileSync(key) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Connects a transport to a server. Returns both ends of the connection, and the events of the transport as text. */
async function connected(tls = false) {
  const server = tls ? createTlsServer(await certificate()) : createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, tls ? 'secureConnection' : 'connection');
  const events: string[] = [];
  const received: Buffer[] = [];
  const transport = connectTcp({ host: '127.0.0.1', port, tls: tls ? { rejectUnauthorized: false } : null });
  transport.open({
    connected: () => events.push('connected'),
    received: (bytes) => received.push(bytes),
    lost: () => events.push('lost'),
    refused: ({ message }) => events.push(`refused: ${message}`),
  });
  const [socket] = (await accepted) as [Socket];
  socket.on('error', () => undefined);
  await vi.waitFor(() => expect(events).toEqual(['connected']));
  server.close();
  return { transport, socket, events, received: () => Buffer.concat(received) };
}

it.each([0, 1, 40_000])('reports %i bytes that came before a reset which makes a write fail', async (length) => {
  const { transport, socket, events, received } = await connected();
  socket.write(Buffer.alloc(length, 'x'));
  socket.resetAndDestroy();
  // The server's bytes and its reset have arrived, but this process has not read them yet. The write fails first.
  transport.write(Buffer.alloc(8 << 20));
  await vi.waitFor(() => expect(events).toEqual(['connected', 'lost']));
  expect(received()).toHaveLength(length);
});

it('reports the answer to what it received before the failed write, and writes nothing more', async () => {
  const { transport, socket, events, received } = await connected();
  socket.write('a Close');
  socket.resetAndDestroy();
  for (let i = 0; i < 3; i++) transport.write(Buffer.from('more'));
  await vi.waitFor(() => expect(received().toString()).toBe('a Close'));
  transport.write(Buffer.from('the answer to the Close'));
  transport.end();
  await vi.waitFor(() => expect(events).toEqual(['connected', 'lost']));
});

it('reports the end once if it is aborted after a failed write', async () => {
  const { transport, socket, events } = await connected();
  socket.resetAndDestroy();
  transport.write(Buffer.from('x'));
  await new Promise(setImmediate);
  transport.abort();
  await vi.waitFor(() => expect(events).toEqual(['connected', 'lost']));
});

it('reports nothing after destroy, even if a write has failed', async () => {
  const { transport, socket, events } = await connected();
  socket.write('x');
  socket.resetAndDestroy();
  transport.write(Buffer.from('x'));
  await new Promise(process.nextTick);
  transport.destroy();
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
  expect(events).toEqual(['connected']);
});

it('receives over TLS what is sent before the end', async () => {
  const { socket, events, received } = await connected(true);
  socket.end(Buffer.alloc(200_000, 'y'));
  await vi.waitFor(() => expect(events).toEqual(['connected', 'lost']));
  expect(received().equals(Buffer.alloc(200_000, 'y'))).toBe(true);
});

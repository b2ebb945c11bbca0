import { once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { createServer } from '../index.ts';
import { isBorrowed } from '../memory/borrowed-memory.ts';
import { OP } from '../protocol/frame.ts';
import { request } from '../testing/attack-kit.ts';
import { finalFrame, hex } from '../testing/protocol-kit.ts';
import { useSharedReadBuffer } from './shared-read-buffer.ts';

test('a socket without the expected internal fields is not changed', () => {
  let calls = 0;
  const read = () => {
    calls++;
  };
  const unknownSocket = { _handle: { useUserBuffer: read } };
  const before = Object.getOwnPropertySymbols(unknownSocket);
  expect(useSharedReadBuffer(unknownSocket as unknown as Socket, read)).toBeUndefined();
  expect(Object.getOwnPropertySymbols(unknownSocket)).toEqual(before);
  // A socket has no internal handle before it is connected and after it is closed.
  expect(useSharedReadBuffer(new Socket(), read)).toBeUndefined();
  expect(calls).toBe(0);
});

test('TLS connections work, and their reads do not use the shared buffer (RFC 6455 §10.6)', async () => {
  // Client and server use a pre-shared key instead of certificates.
  const pskOptions = { ciphers: 'PSK', maxVersion: 'TLSv1.2' as const };
  const psk = Buffer.alloc(16, 7);
  const http = createSecureServer({ ...pskOptions, pskIdentityHint: 'test', pskCallback: () => psk });
  const server = createServer({ path: '/ws', closeTimeoutMs: 200 });
  server.attach(http);
  const messages: [text: string, borrowed: boolean][] = [];
  server.on('connection', (connection) => {
    connection.receive((kind, bytes, from, to) => {
      messages.push([bytes.toString('utf8', from, to), isBorrowed(bytes)]);
      connection.sendRange(kind, bytes, from, to);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const client = connect({
    ...pskOptions,
    port: (http.address() as AddressInfo).port,
    host: '127.0.0.1',
    pskCallback: () => ({ psk, identity: 'test' }),
    checkServerIdentity: () => undefined,
  });
  let received = Buffer.alloc(0);
  client.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  try {
    client.write(Buffer.concat([Buffer.from(request()), finalFrame(OP.text, 'first')]));
    await expect.poll(() => received.toString('latin1')).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\n\x81\x05first$/s);
    received = Buffer.alloc(0);
    client.write(finalFrame(OP.text, 'second'));
    await expect.poll(() => received.toString('latin1')).toBe('\x81\x06second');
    received = Buffer.alloc(0);
    client.write(finalFrame(OP.close, hex`03e8`));
    await expect.poll(() => received.toString('hex')).toBe('880203e8');
    expect(messages).toEqual([
      ['first', false],
      ['second', false],
    ]);
  } finally {
    client.destroy();
    await server.close();
    http.close();
  }
});

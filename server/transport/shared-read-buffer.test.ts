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

test('a socket that is not made as we know it is left alone, and read the usual way', () => {
  let told = 0;
  const read = () => {
    told++;
  };
  const ofAnotherNode = { _handle: { useUserBuffer: read } };
  const before = Object.getOwnPropertySymbols(ofAnotherNode);
  expect(useSharedReadBuffer(ofAnotherNode as unknown as Socket, read)).toBeUndefined();
  expect(Object.getOwnPropertySymbols(ofAnotherNode)).toEqual(before);
  // Without a handle: never connected, or gone by now.
  expect(useSharedReadBuffer(new Socket(), read)).toBeUndefined();
  expect(told).toBe(0);
});

test('over TLS messages are heard and answered, and reads are not lent (RFC 6455 §10.6)', async () => {
  // A key both know takes the place of certificates.
  const secret = { ciphers: 'PSK', maxVersion: 'TLSv1.2' as const };
  const psk = Buffer.alloc(16, 7);
  const http = createSecureServer({ ...secret, pskIdentityHint: 'test', pskCallback: () => psk });
  const server = createServer({ path: '/ws', closeTimeoutMs: 200 });
  server.attach(http);
  const heard: [text: string, lent: boolean][] = [];
  server.on('connection', (connection) => {
    connection.receive((kind, bytes, from, to) => {
      heard.push([bytes.toString('utf8', from, to), isBorrowed(bytes)]);
      connection.sendRange(kind, bytes, from, to);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const client = connect({
    ...secret,
    port: (http.address() as AddressInfo).port,
    host: '127.0.0.1',
    pskCallback: () => ({ psk, identity: 'test' }),
    checkServerIdentity: () => undefined,
  });
  let got = Buffer.alloc(0);
  client.on('data', (chunk: Buffer) => {
    got = Buffer.concat([got, chunk]);
  });
  try {
    client.write(Buffer.concat([Buffer.from(request()), finalFrame(OP.text, 'first')]));
    await expect.poll(() => got.toString('latin1')).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\n\x81\x05first$/s);
    got = Buffer.alloc(0);
    client.write(finalFrame(OP.text, 'second'));
    await expect.poll(() => got.toString('latin1')).toBe('\x81\x06second');
    got = Buffer.alloc(0);
    client.write(finalFrame(OP.close, hex`03e8`));
    await expect.poll(() => got.toString('hex')).toBe('880203e8');
    expect(heard).toEqual([
      ['first', false],
      ['second', false],
    ]);
  } finally {
    client.destroy();
    await server.close();
    http.close();
  }
});

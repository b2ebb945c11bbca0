import { describe, expect, it } from 'vitest';
import { readResponse, requestText } from './client-handshake.ts';
import { readRequest, serverHandshake } from './server-handshake.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const VALID = [
  'GET /chat HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Key: ${KEY}`,
  'Sec-WebSocket-Version: 13',
];
const headOf = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
const without = (name: string): string[] => VALID.filter((line) => !line.startsWith(name));

describe('the opening handshake of a server', () => {
  it('accepts the request of our client with a response that our client accepts', () => {
    const request = { host: 'localhost', port: 80, resource: '/', userAgent: 'test', key: KEY, offers: [] };
    const step = serverHandshake().receive(Buffer.from(requestText(request)));
    expect(step.outcome).toMatchObject({ opened: true, deflate: null });
    expect(readResponse(step.send ?? Buffer.alloc(0), request)).toEqual({ ok: true, deflate: null });
  });

  it('reads a request in any pieces, and keeps the bytes behind it', () => {
    const handshake = serverHandshake();
    const bytes = Buffer.concat([headOf(VALID), Buffer.from('frames')]);
    for (let i = 0; i < headOf(VALID).length - 1; i++) expect(handshake.receive(bytes.subarray(i, i + 1))).toEqual({});
    expect(handshake.receive(bytes.subarray(headOf(VALID).length - 1)).outcome).toEqual({
      opened: true,
      deflate: null,
      rest: Buffer.from('frames'),
    });
  });

  it.each([
    ['another method', ['POST /chat HTTP/1.1', ...VALID.slice(1)], 'the request line'],
    ['HTTP/1.0', ['GET /chat HTTP/1.0', ...VALID.slice(1)], 'the request line'],
    ['no Host', without('Host'), 'Host is missing'],
    ['no Upgrade', without('Upgrade'), 'Upgrade is missing'],
    ['another Upgrade', [...without('Upgrade'), 'Upgrade: h2c'], 'not websocket'],
    ['no Connection', without('Connection'), 'Connection is missing'],
    ['another Connection', [...without('Connection'), 'Connection: close'], 'without upgrade'],
    ['no key', without('Sec-WebSocket-Key'), 'Key is missing'],
    ['two keys', [...VALID, `Sec-WebSocket-Key: ${KEY}`], 'more than once'],
    ['a key of 15 bytes', [...without('Sec-WebSocket-Key'), 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA'], '16 bytes'],
  ])('refuses a request with %s: 400', (_, lines, why) => {
    const verdict = { ok: false, status: '400 Bad Request', why: expect.stringContaining(why) };
    expect(readRequest(headOf(lines))).toEqual(verdict);
    const { response, outcome } = serverHandshake().receive(headOf(lines));
    expect(response).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*\r\n\r\n$/s);
    expect(outcome).toEqual({ opened: false, why: expect.stringContaining(why) });
  });

  it.each([
    ['no version', without('Sec-WebSocket-Version')],
    ['version 8', [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 8']],
  ])('refuses a request with %s: 426, with the version that it speaks', (_, lines) => {
    expect(serverHandshake().receive(headOf(lines)).response).toMatch(
      /^HTTP\/1\.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n/,
    );
  });

  it('throws if the request is not UTF-8', () => {
    expect(() => readRequest(Buffer.from('ff0d0a0d0a', 'hex'))).toThrow(TypeError);
  });
});

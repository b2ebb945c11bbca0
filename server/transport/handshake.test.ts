import { describe, expect, test } from 'vitest';
import { answerKey, checkUpgrade, isForPath, refusePlainRequest } from './handshake.ts';
import { resolveOptions } from './options.ts';

const GOOD: Record<string, string> = {
  Host: 'server.example.com',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};

function judge(changes: Record<string, string | string[] | undefined> = {}, line = {}, options = {}) {
  const rawHeaders = Object.entries({ ...GOOD, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().flatMap((one) => [name, one]),
  );
  const request = { method: 'GET', url: '/chat', httpVersion: '1.1', rawHeaders, ...line };
  return checkUpgrade(request, resolveOptions({ path: '/chat', protocols: ['chat', 'superchat'], ...options }));
}

const status = (judgement: ReturnType<typeof judge>) => (judgement.is === 'refused' ? judgement.status : 101);

describe('the opening handshake', () => {
  test('answers the key as in RFC 6455 section 1.3', () => {
    expect(answerKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(judge()).toEqual({
      is: 'upgraded',
      headers: ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
      protocol: undefined,
      deflate: undefined,
    });
  });

  test.each([
    ['Upgrade', 'WebSocket'],
    ['Upgrade', 'h2c, websocket'],
    ['Connection', 'keep-alive, UPGRADE'],
    ['__proto__', 'x'],
    ['Content-Length', '0'],
  ])('takes %s: %s', (name, value) => expect(status(judge({ [name]: value }))).toBe(101));

  test.each([
    [400, { Host: undefined }],
    [400, { Host: ['a', 'b'] }],
    [400, { Upgrade: 'websocket/13' }],
    [400, { Upgrade: undefined }],
    [400, { Connection: 'close' }],
    [400, { 'Sec-WebSocket-Key': undefined }],
    [400, { 'Sec-WebSocket-Key': '' }],
    [400, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j' }],
    [400, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZR==' }],
    [400, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25!ZQ==' }],
    [400, { 'Sec-WebSocket-Key': ['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ=='] }],
    [400, { 'Content-Length': '5' }],
    [400, { 'Transfer-Encoding': 'chunked' }],
    [400, { 'Sec-WebSocket-Protocol': 'a, a' }],
    [400, { 'Sec-WebSocket-Protocol': 'a,,b' }],
    [400, { 'Sec-WebSocket-Protocol': `b${' '.repeat(8000)}x` }],
    [400, { 'Sec-WebSocket-Extensions': `a; b="${'\\'.repeat(8000)}` }],
    ...['12', '14', '13.0', '0xd', '1.3e1', '013', '', '13, 8'].map(
      (version) => [426, { 'Sec-WebSocket-Version': version }] as const,
    ),
    [426, { 'Sec-WebSocket-Version': undefined }],
    [426, { 'Sec-WebSocket-Version': ['13', '13'] }],
  ] as const)('refuses with %i: %j', (code, changes) => {
    expect(status(judge({ ...changes } as Record<string, string>))).toBe(code);
  });

  test('takes blanks and tabs around the items of a list away, and nothing else (RFC 9110 §5.6.3)', () => {
    expect(judge({ Upgrade: ' \twebsocket\t ', 'Sec-WebSocket-Protocol': '\tx , \tchat\t' })).toMatchObject({
      protocol: 'chat',
    });
    for (const other of ['\u00a0', '\ufeff', '\u2028', '\v']) {
      expect(status(judge({ Upgrade: `websocket${other}` })), JSON.stringify(other)).toBe(400);
      expect(status(judge({ 'Sec-WebSocket-Protocol': `${other}chat` })), JSON.stringify(other)).toBe(400);
    }
  });

  test.each([
    [{}, { method: 'POST' }, 'the method must be GET', ['Allow: GET']],
    [{}, { url: '/other' }, 'WebSockets are served at /chat', []],
    [{}, { httpVersion: '1.0' }, 'the HTTP version must be 1.1', []],
    [{ Host: undefined }, {}, 'exactly one Host header is required', []],
    [{ Upgrade: 'h2c' }, {}, 'the Upgrade header must name websocket', []],
    [{ Connection: 'close' }, {}, 'the Connection header must name Upgrade', []],
    [{ 'Content-Length': '5' }, {}, 'an upgrade request must not have a body', []],
    [{ 'Sec-WebSocket-Version': '8' }, {}, 'only version 13 is supported', ['Sec-WebSocket-Version: 13']],
    [{ 'Sec-WebSocket-Key': 'x' }, {}, 'Sec-WebSocket-Key must be 16 bytes in base64, once', []],
    [{ Origin: 'https://evil.test' }, {}, 'connections from this origin are not allowed', []],
    [{ 'Sec-WebSocket-Protocol': 'a,a' }, {}, 'Sec-WebSocket-Protocol must list tokens, each once', []],
    [{ 'Sec-WebSocket-Extensions': ';' }, {}, 'Sec-WebSocket-Extensions breaks the grammar of RFC 6455 9.1', []],
  ])('says to %j and %j what is wrong: %s', (changes, line, why, headers) => {
    expect(judge(changes, line, 'Origin' in changes ? { allowedOrigins: ['https://example.org'] } : {})).toMatchObject({
      is: 'refused',
      why,
      headers,
    });
  });

  test('says what was agreed (RFC 6455 §4.2.2)', () => {
    const changes = { 'Sec-WebSocket-Protocol': 'chat', 'Sec-WebSocket-Extensions': 'permessage-deflate' };
    const judged = judge(changes);
    expect(judged).toMatchObject({ is: 'upgraded', protocol: 'chat' });
    expect(judged.headers.slice(3)).toEqual([
      'Sec-WebSocket-Protocol: chat',
      'Sec-WebSocket-Extensions: permessage-deflate',
    ]);
  });

  test('asks the application for the origin and the protocol where it wants to be asked', () => {
    const asked: unknown[] = [];
    const allowedOrigins = (origin: string | undefined) => asked.push(origin) > 0 && origin !== 'https://evil.test';
    expect(status(judge({ Origin: 'https://a.test' }, {}, { allowedOrigins }))).toBe(101);
    expect(status(judge({ Origin: 'https://evil.test' }, {}, { allowedOrigins }))).toBe(403);
    expect(status(judge({}, {}, { allowedOrigins }))).toBe(101);
    expect(status(judge({ Origin: ['https://a.test', 'https://a.test'] }, {}, { allowedOrigins }))).toBe(403);
    expect(asked).toEqual(['https://a.test', 'https://evil.test', undefined]);

    const choose = (protocols: (offered: readonly string[]) => string | undefined, offered?: string) =>
      judge({ 'Sec-WebSocket-Protocol': offered }, {}, { protocols });
    expect(choose((offered) => offered.at(-1), 'a, b')).toMatchObject({ protocol: 'b' });
    expect(choose(() => undefined, 'a, b')).toMatchObject({ is: 'upgraded', protocol: undefined });
    // Nothing is offered, so there is nothing to choose.
    expect(choose(() => expect.fail())).toMatchObject({ is: 'upgraded', protocol: undefined });
    expect(() => choose(() => 'c', 'a, b')).toThrow('protocols chose "c", which the client did not offer');
  });

  test('knows whether a request is for a path', () => {
    expect([isForPath('/chat?a', '/chat'), isForPath('/other', '/chat')]).toEqual([true, false]);
    for (const url of ['x http://host', 'http://host#a', 'http://host?a']) expect(isForPath(url, '/'), url).toBe(false);
  });

  test('says which version it speaks', () => {
    expect(judge({ 'Sec-WebSocket-Version': '8' })).toMatchObject({ headers: ['Sec-WebSocket-Version: 13'] });
  });

  test('looks at method, path and HTTP version', () => {
    expect(status(judge({}, { method: 'POST' }))).toBe(405);
    expect(status(judge({}, { url: '/other' }))).toBe(404);
    expect(status(judge({}, { url: '*' }))).toBe(404);
    expect(status(judge({}, { url: '//chat' }))).toBe(404);
    expect(status(judge({}, { url: '/chat?room=1' }))).toBe(101);
    expect(status(judge({}, { url: 'http://server.example.com/chat' }))).toBe(101);
    expect(status(judge({}, { httpVersion: '1.0' }))).toBe(400);
  });

  test('takes an address without a path for the path / (RFC 9112 §3.2.2, RFC 9110 §4.2.3)', () => {
    for (const url of ['http://server.example.com', 'ws://server.example.com:81', '/', '/?room=1']) {
      expect(status(judge({}, { url }, { path: '/' })), url).toBe(101);
      expect(status(judge({}, { url })), url).toBe(404);
    }
    // No scheme, no host, or no address at all.
    for (const url of ['server.example.com', 'http://', '', '?', '*']) {
      expect(status(judge({}, { url }, { path: '/' })), url).toBe(404);
    }
  });

  test('agrees on the first subprotocol of the client that it speaks, and on none of its own', () => {
    expect(judge({ 'Sec-WebSocket-Protocol': 'x, superchat, chat' })).toMatchObject({ protocol: 'superchat' });
    expect(judge({ 'Sec-WebSocket-Protocol': ['x', 'chat'] })).toMatchObject({ protocol: 'chat' });
    expect(judge({ 'Sec-WebSocket-Protocol': 'x' })).toMatchObject({ is: 'upgraded', protocol: undefined });
  });

  test('lets in the origins on the list only, where there is a list', () => {
    const options = { allowedOrigins: ['https://example.org'] };
    expect(status(judge({ Origin: 'https://example.org' }, {}, options))).toBe(101);
    expect(status(judge({ Origin: 'HTTPS://EXAMPLE.ORG' }, {}, options))).toBe(101);
    for (const Origin of [
      'https://evil.test',
      'null',
      'https://example.org.evil.test',
      'https://example.org:444',
      undefined,
    ]) {
      expect(status(judge({ Origin }, {}, options))).toBe(403);
    }
  });

  test('agrees on permessage-deflate, from a header of several lines', () => {
    const judged = judge({ 'Sec-WebSocket-Extensions': ['foo', 'permessage-deflate; server_max_window_bits=10'] });
    expect(judged).toMatchObject({ deflate: { serverMaxWindowBits: 10, clientMaxWindowBits: 15 } });
    expect(judge({ 'Sec-WebSocket-Extensions': 'permessage-deflate' }, {}, { deflate: false })).toMatchObject({
      deflate: undefined,
    });
  });

  test('survives thousands of headers and offers', () => {
    const many = Object.fromEntries(Array.from({ length: 4000 }, (_, n) => [`${n}`, 'x']));
    expect(status(judge(many))).toBe(101);
    const offers = Array(1000).fill('permessage-deflate; server_max_window_bits=8').join(',');
    expect(judge({ 'Sec-WebSocket-Extensions': `${offers}, permessage-deflate` })).toMatchObject({
      deflate: { serverMaxWindowBits: 15 },
    });
  });

  test('tells a plain request where it is', () => {
    expect(refusePlainRequest('/chat', resolveOptions({ path: '/chat' }))).toEqual({
      is: 'refused',
      status: 426,
      why: 'this path serves WebSockets only',
      headers: ['Upgrade: websocket', 'Connection: Upgrade'],
    });
    expect(refusePlainRequest('/', resolveOptions({ path: '/chat' }))).toEqual({
      is: 'refused',
      status: 404,
      why: 'WebSockets are served at /chat',
      headers: [],
    });
  });
});

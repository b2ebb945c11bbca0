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

function check(changes: Record<string, string | string[] | undefined> = {}, line = {}, options = {}) {
  const rawHeaders = Object.entries({ ...GOOD, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().flatMap((one) => [name, one]),
  );
  const request = { method: 'GET', url: '/chat', httpVersion: '1.1', rawHeaders, ...line };
  return checkUpgrade(request, resolveOptions({ path: '/chat', protocols: ['chat', 'superchat'], ...options }));
}

const status = (decision: ReturnType<typeof check>) => (decision.is === 'refused' ? decision.status : 101);

describe('the opening handshake', () => {
  test('answers the key as in the example of RFC 6455 section 1.3', () => {
    expect(answerKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(check()).toEqual({
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
  ])('accepts the header %s: %s', (name, value) => expect(status(check({ [name]: value }))).toBe(101));

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
    expect(status(check({ ...changes } as Record<string, string>))).toBe(code);
  });

  test('ignores spaces and tabs around list items, but no other white space (RFC 9110 §5.6.3)', () => {
    expect(check({ Upgrade: ' \twebsocket\t ', 'Sec-WebSocket-Protocol': '\tx , \tchat\t' })).toMatchObject({
      protocol: 'chat',
    });
    for (const other of ['\u00a0', '\ufeff', '\u2028', '\v']) {
      expect(status(check({ Upgrade: `websocket${other}` })), JSON.stringify(other)).toBe(400);
      expect(status(check({ 'Sec-WebSocket-Protocol': `${other}chat` })), JSON.stringify(other)).toBe(400);
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
  ])('explains the refusal of %j and %j: %s', (changes, line, why, headers) => {
    expect(check(changes, line, 'Origin' in changes ? { allowedOrigins: ['https://example.org'] } : {})).toMatchObject({
      is: 'refused',
      why,
      headers,
    });
  });

  test('names the negotiated subprotocol and extension in the response (RFC 6455 §4.2.2)', () => {
    const changes = { 'Sec-WebSocket-Protocol': 'chat', 'Sec-WebSocket-Extensions': 'permessage-deflate' };
    const decision = check(changes);
    expect(decision).toMatchObject({ is: 'upgraded', protocol: 'chat' });
    expect(decision.headers.slice(3)).toEqual([
      'Sec-WebSocket-Protocol: chat',
      'Sec-WebSocket-Extensions: permessage-deflate',
    ]);
  });

  test('calls the functions allowedOrigins and protocols of the application', () => {
    const calls: unknown[] = [];
    const allowedOrigins = (origin: string | undefined) => calls.push(origin) > 0 && origin !== 'https://evil.test';
    expect(status(check({ Origin: 'https://a.test' }, {}, { allowedOrigins }))).toBe(101);
    expect(status(check({ Origin: 'https://evil.test' }, {}, { allowedOrigins }))).toBe(403);
    expect(status(check({}, {}, { allowedOrigins }))).toBe(101);
    expect(status(check({ Origin: ['https://a.test', 'https://a.test'] }, {}, { allowedOrigins }))).toBe(403);
    expect(calls).toEqual(['https://a.test', 'https://evil.test', undefined]);

    const choose = (protocols: (offered: readonly string[]) => string | undefined, offered?: string) =>
      check({ 'Sec-WebSocket-Protocol': offered }, {}, { protocols });
    expect(choose((offered) => offered.at(-1), 'a, b')).toMatchObject({ protocol: 'b' });
    expect(choose(() => undefined, 'a, b')).toMatchObject({ is: 'upgraded', protocol: undefined });
    // If the client offers no subprotocol, the `protocols` function must not be called.
    expect(choose(() => expect.fail())).toMatchObject({ is: 'upgraded', protocol: undefined });
    expect(() => choose(() => 'c', 'a, b')).toThrow('protocols chose "c", which the client did not offer');
  });

  test('isForPath compares the path of a request target', () => {
    expect([isForPath('/chat?a', '/chat'), isForPath('/other', '/chat')]).toEqual([true, false]);
    for (const url of ['x http://host', 'http://host#a', 'http://host?a']) expect(isForPath(url, '/'), url).toBe(false);
  });

  test('names version 13 in the response to another version', () => {
    expect(check({ 'Sec-WebSocket-Version': '8' })).toMatchObject({ headers: ['Sec-WebSocket-Version: 13'] });
  });

  test('checks method, path and HTTP version', () => {
    expect(status(check({}, { method: 'POST' }))).toBe(405);
    expect(status(check({}, { url: '/other' }))).toBe(404);
    expect(status(check({}, { url: '*' }))).toBe(404);
    expect(status(check({}, { url: '//chat' }))).toBe(404);
    expect(status(check({}, { url: '/chat?room=1' }))).toBe(101);
    expect(status(check({}, { url: 'http://server.example.com/chat' }))).toBe(101);
    expect(status(check({}, { httpVersion: '1.0' }))).toBe(400);
  });

  test('treats a URL without a path as the path / (RFC 9112 §3.2.2, RFC 9110 §4.2.3)', () => {
    for (const url of ['http://server.example.com', 'ws://server.example.com:81', '/', '/?room=1']) {
      expect(status(check({}, { url }, { path: '/' })), url).toBe(101);
      expect(status(check({}, { url })), url).toBe(404);
    }
    // These request targets have no scheme, no host, or are no URL at all.
    for (const url of ['server.example.com', 'http://', '', '?', '*']) {
      expect(status(check({}, { url }, { path: '/' })), url).toBe(404);
    }
  });

  test('chooses the first subprotocol of the client that the server supports', () => {
    expect(check({ 'Sec-WebSocket-Protocol': 'x, superchat, chat' })).toMatchObject({ protocol: 'superchat' });
    expect(check({ 'Sec-WebSocket-Protocol': ['x', 'chat'] })).toMatchObject({ protocol: 'chat' });
    expect(check({ 'Sec-WebSocket-Protocol': 'x' })).toMatchObject({ is: 'upgraded', protocol: undefined });
  });

  test('allows only the listed origins', () => {
    const options = { allowedOrigins: ['https://example.org'] };
    expect(status(check({ Origin: 'https://example.org' }, {}, options))).toBe(101);
    expect(status(check({ Origin: 'HTTPS://EXAMPLE.ORG' }, {}, options))).toBe(101);
    for (const Origin of [
      'https://evil.test',
      'null',
      'https://example.org.evil.test',
      'https://example.org:444',
      undefined,
    ]) {
      expect(status(check({ Origin }, {}, options))).toBe(403);
    }
  });

  test('negotiates permessage-deflate from several header lines', () => {
    const decision = check({ 'Sec-WebSocket-Extensions': ['foo', 'permessage-deflate; server_max_window_bits=10'] });
    expect(decision).toMatchObject({ deflate: { serverMaxWindowBits: 10, clientMaxWindowBits: 15 } });
    expect(check({ 'Sec-WebSocket-Extensions': 'permessage-deflate' }, {}, { deflate: false })).toMatchObject({
      deflate: undefined,
    });
  });

  test('survives thousands of headers and offers', () => {
    const many = Object.fromEntries(Array.from({ length: 4000 }, (_, n) => [`${n}`, 'x']));
    expect(status(check(many))).toBe(101);
    const offers = Array(1000).fill('permessage-deflate; server_max_window_bits=8').join(',');
    expect(check({ 'Sec-WebSocket-Extensions': `${offers}, permessage-deflate` })).toMatchObject({
      deflate: { serverMaxWindowBits: 15 },
    });
  });

  test('answers a plain request with 426 or 404', () => {
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

import { describe, expect, it } from 'vitest';
import { readResponse, requestText } from './client-handshake.ts';
import { acceptFor } from './opening-handshake.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const VALID = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Accept: ${acceptFor(KEY)}`,
];
const read = (lines: readonly string[], offers: readonly string[] = [], protocols: readonly string[] = []) =>
  readResponse(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), { key: KEY, offers, protocols });
const OFFER = ['permessage-deflate'];
const extension = (value: string) => read([...VALID, `Sec-WebSocket-Extensions: ${value}`], OFFER);

describe('the request of a client', () => {
  it('has its fields in the order of Autobahn’s client', () => {
    const text = requestText({
      host: '127.0.0.1',
      port: 80,
      resource: '/ws?a=1',
      userAgent: 'me',
      key: KEY,
      origin: 'http://here',
      protocols: ['a', 'b'],
      offers: ['x', 'y; z'],
    });
    expect(text.split('\r\n')).toEqual([
      'GET /ws?a=1 HTTP/1.1',
      'User-Agent: me',
      'Host: 127.0.0.1:80',
      'Upgrade: WebSocket',
      'Connection: Upgrade',
      'Pragma: no-cache',
      'Cache-Control: no-cache',
      `Sec-WebSocket-Key: ${KEY}`,
      'Origin: http://here',
      'Sec-WebSocket-Protocol: a,b',
      'Sec-WebSocket-Extensions: x, y; z',
      'Sec-WebSocket-Version: 13',
      '',
      '',
    ]);
  });

  it('has no field without a value', () => {
    const text = requestText({ host: 'h', port: 1, resource: '/', userAgent: 'me', key: KEY, offers: [] });
    expect(text).not.toMatch(/Origin|Protocol|Extensions/);
  });
});

describe('the response to a client', () => {
  it('is accepted if it is valid, with names in any case of letters', () => {
    expect(acceptFor(KEY)).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(read(VALID)).toEqual({ ok: true, deflate: null });
    expect(read(['HTTP/1.1 101', 'UPGRADE: WebSocket', 'connection: keep-alive, UPGRADE', `${VALID[3]}`])).toEqual({
      ok: true,
      deflate: null,
    });
  });

  const without = (name: string): string[] => VALID.filter((line) => !line.startsWith(name));
  it.each([
    ['another version', ['HTTP/1.0 101 OK', ...VALID.slice(1)], 'not HTTP/1.1'],
    ['another status', ['HTTP/1.1 404 Not Found', ...VALID.slice(1)], '404 Not Found'],
    ['a status that is not a number', ['HTTP/1.1 abc', ...VALID.slice(1)], 'not a number'],
    ['no status', ['HTTP/1.1', ...VALID.slice(1)], 'no status code'],
    ['no Upgrade', without('Upgrade'), 'Upgrade is missing'],
    ['another Upgrade', [...without('Upgrade'), 'Upgrade: h2c'], 'not websocket'],
    ['no Connection', without('Connection'), 'Connection is missing'],
    ['another Connection', [...without('Connection'), 'Connection: close'], 'without upgrade'],
    ['no accept value', without('Sec-'), 'Accept is missing'],
    [
      'a wrong accept value',
      [...without('Sec-'), 'Sec-WebSocket-Accept: AAAA'],
      'is "AAAA", not s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    ],
    ['two accept values', [...VALID, `${VALID[3]}`], 'more than once'],
    ['a subprotocol that was not offered', [...VALID, 'Sec-WebSocket-Protocol: c'], 'not offered'],
    ['an extension that was not offered', [...VALID, 'Sec-WebSocket-Extensions: permessage-deflate'], 'not offered'],
  ])('is refused with %s', (_, lines, why) => {
    expect(read(lines)).toEqual({ ok: false, why: expect.stringContaining(why) });
  });

  it('may choose a subprotocol that was offered', () => {
    expect(read([...VALID, 'Sec-WebSocket-Protocol: b'], [], ['a', 'b']).ok).toBe(true);
  });

  it('may have an empty list of extensions', () => {
    expect(read([...VALID, 'Sec-WebSocket-Extensions: '])).toEqual({ ok: true, deflate: null });
  });

  it('throws if it is not UTF-8', () => {
    expect(() => readResponse(Buffer.from('ff0d0a0d0a', 'hex'), { key: KEY, offers: [] })).toThrow(TypeError);
  });
});

describe('the response to an offer of compression', () => {
  it('is accepted with its parameters', () => {
    expect(extension('permessage-deflate')).toMatchObject({
      deflate: { serverMaxWindowBits: 15, clientMaxWindowBits: 15, serverNoContextTakeover: false },
    });
    expect(
      extension(
        'Permessage-Deflate; server_no_context_takeover; CLIENT_MAX_WINDOW_BITS="10"; server_max_window_bits=9',
      ),
    ).toEqual({
      ok: true,
      deflate: {
        serverNoContextTakeover: true,
        clientNoContextTakeover: false,
        serverMaxWindowBits: 9,
        clientMaxWindowBits: 10,
      },
    });
  });

  it.each([
    'permessage-bzip2',
    'permessage-deflate, permessage-deflate',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; server_max_window_bits=7',
    'permessage-deflate; client_max_window_bits=16',
    'permessage-deflate; client_max_window_bits=016',
    'permessage-deflate; server_max_window_bits=15=3',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'permessage-deflate; unknown',
    'permessage-deflate; ',
  ])('is refused if it is %s', (value) => {
    expect(extension(value).ok).toBe(false);
  });

  // Autobahn reads the value with Python's function int(), which accepts all of these forms.
  it.each(['08', '+8', '"8', '8"', '" 8 "', '000008'])('may have window bits written as %s', (value) => {
    expect(extension(`permessage-deflate; client_max_window_bits=${value}`)).toMatchObject({
      ok: true,
      deflate: { clientMaxWindowBits: 8 },
    });
  });

  it('throws if an extension or a subprotocol is not ASCII, in this order', () => {
    expect(() => extension('permessage-d\u00e9flate')).toThrow('Sec-WebSocket-Extensions is not ASCII');
    expect(() => read([...VALID, 'Sec-WebSocket-Protocol: ch\u00e9t'])).toThrow('the subprotocol is not ASCII');
    expect(read([...VALID, 'Sec-WebSocket-Protocol: ch\u00e9t', 'Sec-WebSocket-Extensions: x']).ok).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { examineHandshake, parseHead, takesDeflate } from './handshake.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const request = (more = '') => parseHead(`GET / HTTP/1.1\r\nSec-WebSocket-Key: ${KEY}\r\n${more}\r\n`);
const GOOD = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='];
const response = (lines: readonly string[], first = 'HTTP/1.1 101 Switching Protocols') =>
  parseHead([first, ...lines, '', ''].join('\r\n'));
const problems = (lines: readonly string[], first?: string, more?: string) =>
  examineHandshake(request(more), response(lines, first)).problems;

it('computes the accept value of RFC 6455 1.3', () => {
  expect(examineHandshake(request(), response(GOOD)).accept).toEqual({
    key: KEY,
    wanted: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    got: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    right: true,
  });
});

describe('a response', () => {
  it.each([
    ['that follows the rules has no problem', GOOD, []],
    ['may list more tokens', ['Upgrade: WebSocket', 'Connection: keep-alive, Upgrade', GOOD[2] ?? ''], []],
    ['without Upgrade is reported', GOOD.slice(1), ['There is no Upgrade header (RFC 6455 4.1, 2).']],
    [
      'with another Upgrade is reported',
      ['Upgrade: h2c', ...GOOD.slice(1)],
      ['Upgrade is “h2c”, not websocket (RFC 6455 4.1, 2).'],
    ],
    [
      'without Connection is reported',
      [GOOD[0] ?? '', GOOD[2] ?? ''],
      ['Connection does not hold the token Upgrade (RFC 6455 4.1, 3).'],
    ],
    [
      'without an accept value is reported',
      GOOD.slice(0, 2),
      ['There is no Sec-WebSocket-Accept header (RFC 6455 4.1, 4).'],
    ],
    [
      'with a wrong accept value is reported',
      [...GOOD.slice(0, 2), 'Sec-WebSocket-Accept: x'],
      ['Sec-WebSocket-Accept is not the one that the key asks for (RFC 6455 4.1, 4).'],
    ],
    [
      'with two accept values is reported',
      [...GOOD, GOOD[2] ?? ''],
      ['Sec-WebSocket-Accept is there more than once (RFC 6455 11.3.3).'],
    ],
    [
      'with an extension that was not offered is reported',
      [...GOOD, 'Sec-WebSocket-Extensions: x'],
      ['The extension “x” was taken and never offered (RFC 6455 4.1, 5).'],
    ],
    [
      'with a subprotocol that was not offered is reported',
      [...GOOD, 'Sec-WebSocket-Protocol: x'],
      ['The subprotocol “x” was chosen and never asked for (RFC 6455 4.1, 6).'],
    ],
  ])('%s', (_, lines, expected) => {
    expect(problems(lines)).toEqual(expected);
  });

  it('reports a status other than 101', () => {
    expect(problems(GOOD, 'HTTP/1.1 200 OK')).toEqual(['The status line is not HTTP/1.1 101 (RFC 6455 4.2.2).']);
  });

  it('may accept the offered extensions', () => {
    const offer =
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Protocol: a, b\r\n';
    const lines = [
      ...GOOD,
      'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9',
      'Sec-WebSocket-Protocol: b',
    ];
    expect(problems(lines, undefined, offer)).toEqual([]);
    expect(takesDeflate(response(lines))).toBe(true);
    expect(examineHandshake(request(offer), response(lines)).extensions).toEqual([
      'One offer was made, best first: permessage-deflate; client_max_window_bits.',
      'The server took permessage-deflate; server_max_window_bits=9.',
      'server_max_window_bits: the server compresses with a window of 2^9 octets at most (RFC 7692 7.1.2.1).',
    ]);
  });
});

it('notes header names that some clients do not accept', () => {
  const notes = examineHandshake(request(), response([...GOOD.slice(0, 2), 'Sec-Websocket-Accept: x'])).notes;
  expect(notes).toEqual([expect.stringContaining('“Sec-Websocket-Accept” is commonly written Sec-WebSocket-Accept.')]);
});

it('reports nothing if no headers were recorded', () => {
  expect(examineHandshake(parseHead('?'), parseHead(''))).toEqual({
    accept: null,
    extensions: [],
    problems: [],
    notes: [],
  });
});

import { expect, test } from 'vitest';
import { request } from '../testing/attack-kit.ts';
import { createRandom, SEED, scaledRuns } from '../testing/random-frames.ts';
import { checkUpgrade } from '../transport/handshake.ts';
import { resolveOptions } from '../transport/options.ts';

const SETTINGS = resolveOptions({ path: '/ws', protocols: ['a'], allowedOrigins: ['https://example.org'] });

const GOOD: Readonly<Record<string, string>> = {
  Host: 'localhost',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Protocol': 'a, b',
  'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
  Origin: 'https://example.org',
};

type Hostile = {
  readonly status: number;
  readonly change: string;
  readonly request: Parameters<typeof checkUpgrade>[0];
};

/**
 * Builds a valid request with some changes: the headers in `changes` replace the default headers of the same name, and
 * the fields in `line` replace other parts of the request, such as the method.
 */
function hostile(
  status: number,
  change: string,
  changes: Record<string, readonly string[]>,
  line: object = {},
): Hostile {
  const rawHeaders = Object.entries({ ...GOOD, ...changes }).flatMap(([name, value]) =>
    [value].flat().flatMap((one) => [name, one]),
  );
  return { status, change, request: { method: 'GET', url: '/ws', httpVersion: '1.1', rawHeaders, ...line } };
}

/** Splits strings at ` ¦ `. The lists below use this separator, because hundreds of values then fit on a page. */
function splitValues(...values: string[]): string[] {
  return values.flatMap((several) => several.split(' ¦ '));
}

/** Illegal values of each header, and the HTTP status with which the server must refuse them. */
const ILLEGAL_VALUES: readonly (readonly [status: number, name: string, values: readonly string[]])[] = [
  [
    400,
    'Upgrade',
    splitValues(
      ' ¦   ¦ , ¦ web ¦ websocket/13 ¦ websockets ¦ web socket ¦ websocket; ¦ "websocket" ¦ h2c',
      'h2c, tls/1.0 ¦ ｗebsocket ¦ websocket\0 ¦ WEBSOCKE ¦ xwebsocket ¦ websocket websocket',
      '__proto__ ¦ websocket=1 ¦ * ¦ 13',
    ),
  ],
  [
    400,
    'Connection',
    splitValues(
      ' ¦   ¦ , ¦ close ¦ keep-alive ¦ upgrades ¦ Up grade ¦ upgrade; ¦ "upgrade"',
      'keep-alive; upgrade ¦ websocket ¦ Upgrad ¦ constructor ¦ keep-alive, close ¦ upgrade=1',
      'ｕpgrade ¦ xupgrade ¦ upgrade\0 ¦ * ¦ 0',
    ),
  ],
  [
    400,
    'Sec-WebSocket-Key',
    [
      ...splitValues(
        ' ¦   ¦ = ¦ == ¦ x ¦ dGhlIHNhbXBsZSBub25jZQ ¦ dGhlIHNhbXBsZSBub25jZQ=',
        'dGhlIHNhbXBsZSBub25jZQ=== ¦ dGhlIHNhbXBsZSBub25jZR== ¦ dGhlIHNhbXBsZSBub25jZT==',
        'dGhlIHNhbXBsZSBub25jZ=== ¦ dGhlIHNhbXBsZSBub25j ¦ dGhlIHNhbXBsZSBub25jZTE=',
        'dGhlIHNhbXBsZSBub25jZTEy ¦ dGhlIHNhbXBsZSBub25jZQ==dGhl ¦ dGhlIHNhbXBsZSBub2 jZQ==',
        'dGhlIHNhbXBsZSBub2-jZQ== ¦ dGhlIHNhbXBsZSBub2_jZQ== ¦ =GhlIHNhbXBsZSBub25jZQ==',
        'dGhlIHNhbXBsZSBub25jZé== ¦ dGhlIHNhbXBsZSBub25jZQ==,',
        'dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ== ¦ "dGhlIHNhbXBsZSBub25jZQ=="',
        'dGhlIHNhbXBsZSBub25jZQ==\0 ¦ __proto__ ¦ 258EAFA5-E914-47DA-95CA-C5AB0DC85B11',
      ),
      'A'.repeat(24),
      'A'.repeat(8_000),
      `${'A'.repeat(21)}B==`,
      '\0'.repeat(24),
    ],
  ],
  [
    426,
    'Sec-WebSocket-Version',
    splitValues(
      ' ¦   ¦ 0 ¦ 1 ¦ 4 ¦ 6 ¦ 7 ¦ 8 ¦ 9 ¦ 10 ¦ 11 ¦ 12 ¦ 14 ¦ 15 ¦ 25 ¦ 130 ¦ 013 ¦ 0013 ¦ 13.0',
      '13. ¦ .13 ¦ 13, ¦ ,13 ¦ 13, 13 ¦ 13, 8 ¦ 8, 13 ¦ 0xd ¦ 0xD ¦ 0b1101 ¦ 0o15 ¦ 1.3e1 ¦ 13e0',
      '+13 ¦ -13 ¦ 13n ¦ 1_3 ¦  13 ¦ 13  ¦ \t13 ¦ ١٣ ¦ 13\0 ¦ 1３ ¦ xiii ¦ thirteen ¦ NaN ¦ Infinity',
      '__proto__ ¦ true ¦ 13;q=1 ¦ "13"',
    ),
  ],
  [
    400,
    'Sec-WebSocket-Protocol',
    [
      ...splitValues(
        ' ¦   ¦ , ¦ a, ¦ ,a ¦ a,,b ¦ a, ,b ¦ a a ¦ a b, c ¦ a, a ¦ a,b,a ¦ a, b, c, b ¦ a;b ¦ a=b',
        '"a" ¦ a/b ¦ a:b ¦ a@b ¦ a\\b ¦ (a) ¦ [a] ¦ {a} ¦ <a> ¦ a?b ¦ é ¦ € ¦ a\0 ¦ a\x7f ¦ a\tb',
        'a\x1b[31m ¦ a\u00a0 ¦ a\u2028b ¦ 𝄞 ¦ , a ¦ a , a ¦ A, A ¦ b, b',
      ),
      `b${' '.repeat(8_000)}x`,
      `${'x,'.repeat(1_000)}`,
      `${'y, '.repeat(500)}y`,
    ],
  ],
  [
    400,
    'Sec-WebSocket-Extensions',
    [
      ...splitValues(
        ' ¦   ¦ , ¦ a, ¦ ,a ¦ a,,b ¦ a; ¦ ;a ¦ a; ;b ¦ a;b= ¦ a;=b ¦ a; b==c ¦ a b ¦ a; b c',
        'a; b=c d ¦ a; b=" ¦ a; b="" ¦ a; b="c ¦ a; b=c" ¦ a; b="c d" ¦ a; b="c,d" ¦ a; b="c;d"',
        'a; b="\\ ¦ a; b="\\" ¦ a; b="\\"" ¦ a; b=\'c d\' ¦ é ¦ a; é ¦ a; b=é ¦ a\0 ¦ a; b\0',
        'a; b=\x7f ¦ (a) ¦ a/b ¦ a:b ¦ a@b ¦ [a] ¦ {a} ¦ a? ¦ "a" ¦ "a"; b ¦ a; "b" ¦ a = b',
        'a; b = = c ¦ a; b="c"d ¦ a; b=c=d ¦ permessage-deflate; server_max_window_bits=',
        'permessage-deflate server_max_window_bits ¦ permessage-deflate: client_max_window_bits',
        'permessage-deflate; server_max_window_bits="1 5"',
        'permessage-deflate; server_max_window_bits=""',
        'permessage-deflate; server_max_window_bits="15',
        'permessage-deflate; server_max_window_bits=15, ¦ permessage-deflate,  ¦ \t,\t',
        'permessage-deflate;;',
      ),
      `a; b="${'\\'.repeat(8_000)}`,
      `a${';'.repeat(8_000)}`,
      `a${','.repeat(8_000)}`,
      `a; b="${'x'.repeat(8_000)}`,
    ],
  ],
  [
    403,
    'Origin',
    splitValues(
      ' ¦ null ¦ https://evil.test ¦ http://example.org ¦ https://example.org:444',
      'https://example.org:443 ¦ https://example.org.evil.test',
      'https://evil.test/https://example.org ¦ https://example.org/ ¦ https://example.org/a',
      'https://example.org? ¦ https://example.org# ¦ https://example.org@evil.test',
      'https://user@example.org ¦ https://www.example.org ¦ https://xexample.org',
      'https://example.or ¦ https://example.org. ¦ //example.org ¦ example.org ¦ https:example.org',
      'https:/example.org ¦ https:///example.org ¦ wss://example.org ¦ ws://example.org ¦ file://',
      'chrome-extension://example.org ¦ https://example.org https://evil.test',
      'https://example.org, https://evil.test ¦ https://еxample.org ¦ https://example.org\0',
      'https://[::1] ¦ https://127.0.0.1 ¦ https://localhost ¦ https://EXAMPLE.ORG.EVIL.TEST',
      'data: ¦ about:blank ¦ * ¦ __proto__ ¦ https://example.org%00',
    ),
  ],
  [
    400,
    'Content-Length',
    ['1', '5', '00', '-1', '+0', '0x0', '0, 0', '0,1', '1e3', ' 0', '', 'x', '18446744073709551616', '0.0', 'NaN'],
  ],
  [
    400,
    'Transfer-Encoding',
    ['chunked', 'gzip', 'gzip, chunked', 'identity', '', 'CHUNKED', 'chunked, chunked', 'xchunked', 'x', '0'],
  ],
];

/** Methods, paths and versions other than `GET /ws HTTP/1.1`. */
const METHODS = splitValues(
  'POST ¦ PUT ¦ HEAD ¦ DELETE ¦ OPTIONS ¦ PATCH ¦ TRACE ¦ CONNECT ¦ get ¦ Get ¦ GET  ¦  GET ¦ ',
  'GETX ¦ PRI ¦ M-SEARCH ¦ PROPFIND ¦ __proto__ ¦ G\0ET ¦ LINK',
);
const PATHS = [
  ...splitValues(
    ' ¦ * ¦ / ¦ /w ¦ /wss ¦ /ws/ ¦ /ws/. ¦ /ws/.. ¦ //ws ¦ /./ws ¦ /../ws ¦ /x/../ws ¦ /WS ¦ /Ws',
    '/ws%00 ¦ /%77s ¦ /w%73 ¦ /ws;a ¦ /ws  ¦  /ws ¦ /ws\0 ¦ \\ws ¦ /\\ws ¦ ws ¦ ws?/ws ¦ ?/ws',
    '#/ws ¦ http:// ¦ http:///ws/ ¦ http:/ws ¦ http:ws ¦ http://host ¦ http://host/',
    'http://host//ws ¦ http://host/ws/ ¦ http://host?/ws ¦ http://host#/ws ¦ ://host/ws ¦ host/ws',
    '1http://host/ws ¦ ht tp://host/ws ¦ /ẃs ¦ /ws\u00a0 ¦ /ws\u2028 ¦ /ｗs ¦ /__proto__',
    '/constructor ¦ javascript:/ws',
  ),
  `/${'w'.repeat(8_000)}`,
  `/ws${'/'.repeat(8_000)}`,
];
const VERSIONS = ['1.0', '0.9', '2.0', '1.2', '1', '', '1.10', '01.1', '1.1 ', '3'];

const SINGLE_HEADERS = ['Host', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version', 'Origin'];
const REQUIRED_HEADERS = ['Host', 'Upgrade', 'Connection', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version', 'Origin'];

const statusFor = (name: string) => (name === 'Origin' ? 403 : name === 'Sec-WebSocket-Version' ? 426 : 400);

const FIXED_REQUESTS: readonly Hostile[] = [
  ...ILLEGAL_VALUES.flatMap(([status, name, values]) =>
    values.map((value) => hostile(status, `${name}: ${value}`, { [name]: [value] })),
  ),
  // The same header twice, once with a legal and once with an illegal value: the request must be refused in either
  // order.
  ...ILLEGAL_VALUES.filter(([, name]) => SINGLE_HEADERS.includes(name)).flatMap(([status, name, values]) =>
    values.flatMap((value) => {
      const good = GOOD[name] ?? '';
      return [
        [good, value],
        [value, good],
      ].map((pair) => hostile(status, `${name}: ${pair.join(' and ')}`, { [name]: pair }));
    }),
  ),
  ...SINGLE_HEADERS.map((name) =>
    hostile(statusFor(name), `${name} twice`, { [name]: [GOOD[name] ?? '', GOOD[name] ?? ''] }),
  ),
  ...REQUIRED_HEADERS.map((name) => hostile(statusFor(name), `no ${name}`, { [name]: [] })),
  ...METHODS.map((method) => hostile(405, `method ${method}`, {}, { method })),
  ...PATHS.map((url) => hostile(404, `path ${url}`, {}, { url })),
  ...VERSIONS.map((httpVersion) => hostile(400, `HTTP ${httpVersion}`, {}, { httpVersion })),
];

test('S12 S13 S14 S15 S17 S18 S19 more than 500 requests with one error are refused because of that error', () => {
  expect(checkUpgrade(hostile(101, 'nothing', {}).request, SETTINGS)).toMatchObject({ is: 'upgraded', protocol: 'a' });
  expect(FIXED_REQUESTS.length).toBeGreaterThanOrEqual(500);
  for (const { status, change, request } of FIXED_REQUESTS) {
    const decision = checkUpgrade(request, SETTINGS);
    expect(decision.is === 'refused' ? decision.status : 101, change.slice(0, 100)).toBe(status);
  }
});

test(`${scaledRuns(100_000)} mutated handshakes of seed ${SEED} are answered, and only complete ones are upgraded`, {
  timeout: 3_600_000,
}, () => {
  const random = createRandom(SEED);
  const base = request(
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    'Sec-WebSocket-Protocol: a, b',
  )
    .split('\r\n')
    .slice(1, -2);
  const settings = resolveOptions({ protocols: ['a'] });
  const characters = ['', ' ', ',', ';', '=', '"', '\\', '\t', 'é', '\0', '13', 'x'.repeat(50), '__proto__'];
  let upgraded = 0;
  for (let run = scaledRuns(100_000); run > 0; run--) {
    const lines = [...base];
    for (let count = 1 + random(3); count > 0; count--) {
      const line = random(lines.length);
      const text = lines[line] ?? '';
      const at = random(text.length + 1);
      const what = random(8);
      if (what === 0) lines.splice(line, 1);
      else if (what === 1) lines.push(text);
      else lines[line] = text.slice(0, at) + (characters[random(characters.length)] ?? '') + text.slice(at + random(4));
    }
    const rawHeaders = lines.flatMap((line) => [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(':') + 1).trim(),
    ]);
    const decision = checkUpgrade({ method: 'GET', url: '/', httpVersion: '1.1', rawHeaders }, settings);
    if (decision.is === 'refused') {
      if (![400, 426].includes(decision.status)) expect.fail(lines.join('\n'));
      continue;
    }
    upgraded++;
    const valuesOf = (name: string) =>
      rawHeaders.filter((_, n) => n % 2 === 1 && rawHeaders[n - 1]?.toLowerCase() === name);
    const isComplete =
      valuesOf('host').length === 1 &&
      /(^|,)\s*websocket\s*(,|$)/i.test(valuesOf('upgrade').join(',')) &&
      /(^|,)\s*upgrade\s*(,|$)/i.test(valuesOf('connection').join(',')) &&
      valuesOf('sec-websocket-version').join('|') === '13' &&
      valuesOf('sec-websocket-key').length === 1 &&
      Buffer.from(valuesOf('sec-websocket-key')[0] ?? '', 'base64').length === 16;
    if (!isComplete) expect.fail(lines.join('\n'));
    if (/[\r\n\0]/.test(decision.headers.join(''))) expect.fail(lines.join('\n'));
  }
  expect(upgraded).toBeGreaterThanOrEqual(Math.floor(scaledRuns(100_000) / 50));
});

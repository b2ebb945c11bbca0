/*
 * Values for the faults of random servers. Each value is almost correct, or close to the limit of a rule. Bytes are in
 * hex.
 */

const inHex = (text: string): string => Buffer.from(text).toString('hex');

/** Characters that the two engines may treat differently: as white space, as the end of a line, or as neither. */
export const SPACES = [
  ...['\t', ' ', '\v', '\f', '\x1c', '\x1d', '\x1e', '\x1f', '\x85', '\xa0', '\u1680', '\u180e', '\u2003', '\u2028'],
  ...['\u2029', '\u202f', '\u3000', '\ufeff', '\r', '\n', '\0', '\u200b', '\x7f'],
];

export const LINE_ENDS = [
  '\n',
  '\r',
  '\n\r',
  '\r\r\n',
  '\v',
  '\f',
  '\x1e',
  '\x85',
  '\u2028',
  ' \r\n',
  '\r\n ',
  '\r\n\t',
];

export const STATUS_LINES = [
  ...[
    'HTTP/1.1 101',
    'HTTP/1.1\t101\tX',
    ' HTTP/1.1 101 X',
    'HTTP/1.1   101',
    'HTTP/1.1\xa0101',
    'HTTP/1.1\u3000101 X',
  ],
  ...['HTTP/1.1 0101 X', 'HTTP/1.1 +101', 'HTTP/1.1 -101', 'HTTP/1.1 101.', 'HTTP/1.1 101,', 'HTTP/1.1 0x65'],
  ...['HTTP/1.1 101l', 'HTTP/1.1 1e2', 'HTTP/1.1 1_01', 'HTTP/1.1 "101"', 'HTTP/1.1 + 101', 'HTTP/1.1 101\x1f'],
  ...['HTTP/1.1 \uff11\uff10\uff11', 'HTTP/1.1 \u0967\u0966\u0967', 'HTTP/1.1 \u2460\u2460', 'HTTP/1.1 10\u0661 X'],
  ...[
    'HTTP/1.1 200 OK',
    'HTTP/1.1 302 Found',
    'HTTP/1.1 401 \u00dcber',
    'HTTP/1.1 426 Upgrade Required',
    'HTTP/1.1 99',
  ],
  ...[
    'HTTP/1.0 101 X',
    'HTTP/2 101',
    'http/1.1 101 X',
    'HTTP/1.1',
    '101',
    'HTTP/1.1X 101',
    '',
    ':',
    'Upgrade: websocket',
  ],
  ...['HTTP/1.1 1010', 'HTTP/1.1 1234567890123456789012 X', 'HTTP/1.1 101\x00', 'ICY 101', '\ufeffHTTP/1.1 101 X'],
];

/** Values for three header fields of the response, by name of the field. {} stands for the correct value. */
export const FIELD_VALUES: Readonly<Record<'Upgrade' | 'Connection' | 'Sec-WebSocket-Accept', readonly string[]>> = {
  Upgrade: [
    ...['', 'WEBSOCKET', 'WebSocket', 'websockets', 'web', '{},', ', {}', '{}, h2c', '"{}"', '{};', '{}/13', 'h2c, {}'],
    ...['\x1f{}', '{}\x85', '{}\ufeff', '\u180e{}', 'websoc\u212aet', 'web\u017focket', '{}\0', '\xa0{}\xa0'],
  ],
  Connection: [
    ...[
      '',
      'UPGRADE',
      'upgrades',
      'keep-alive',
      'close',
      'keep-alive, {}',
      '{}, keep-alive',
      ',{}',
      '{},,',
      '{};',
      '"{}"',
    ],
    ...[
      'keep-alive {}',
      'a\t,\t{}',
      'a,\u3000{}',
      'a,{}\x1f',
      'a,\ufeff{}',
      'a,{}\u180e',
      'a\x1d{}',
      '{}=1',
      'a, upgr\u0130de',
    ],
  ],
  'Sec-WebSocket-Accept': [
    '',
    '{}=',
    '={}',
    '{} ',
    ' {}',
    '"{}"',
    '{}, {}',
    '{}\x1f',
    '{}\ufeff',
    'AAAA',
    '{}\0',
    '{};',
  ],
};

export const LINES = [
  ...[
    'X-A: 1',
    'X-A:',
    ':',
    ': 1',
    'no colon',
    '',
    ' ',
    'X-A : 1',
    '\tX-A: 1',
    ' folded',
    'Upgrade',
    'Upgrade:',
    'Upgrade: h2c',
  ],
  ...[
    'X-A: \u4e2d\u6587',
    'X-A: \ud83d\ude00',
    'X-A: \u001b[1m',
    `X-A: ${'a'.repeat(5000)}`,
    'Content-Length: 3',
    '\0',
    '\u00e9: 1',
  ],
  ...['X-A: 1\nUpgrade: h2c', 'X-A: 1\x85Connection: close', 'X-A: 1\x1cX', 'X-A: 1\u2028Sec-WebSocket-Accept: x'],
  ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Version: 8', 'Sec-WebSocket-Key: x', 'Location: /', 'Server: x/1'],
  ...['UPGRADE: websocket', 'Transfer-Encoding: chunked', 'connect\u0130on: x', 'Set-Cookie: a=1; b'],
];

const DEFLATE = 'permessage-deflate';
const NO_TAKEOVER = `${DEFLATE}; server_no_context_takeover; client_no_context_takeover`;

export const EXTENSIONS = [
  ...[
    '',
    ' ',
    ',',
    ';',
    ',,',
    '\x1f',
    '\u3000',
    'x',
    'x; y=1',
    `x, ${NO_TAKEOVER}`,
    `${NO_TAKEOVER}, x`,
    `${NO_TAKEOVER},`,
  ],
  ...[
    NO_TAKEOVER,
    NO_TAKEOVER.toUpperCase(),
    `"${DEFLATE}"`,
    `${NO_TAKEOVER};`,
    `${NO_TAKEOVER};;`,
    `${NO_TAKEOVER}; =`,
  ],
  ...[
    `${NO_TAKEOVER}; x`,
    `${NO_TAKEOVER}, ${NO_TAKEOVER}`,
    `${NO_TAKEOVER}; client_no_context_takeover`,
    'permessage-bzip2',
  ],
  ...[
    'permessage-d\u00e9flate',
    `${DEFLATE}; \u00e9`,
    '\u00e9',
    `${DEFLATE}\xa0; server_no_context_takeover`,
    'deflate',
  ],
  ...[
    `${DEFLATE}; server_no_context_takeover=`,
    `${DEFLATE}; server_no_context_takeover=true`,
    `${DEFLATE} server_no_context_takeover`,
  ],
  ...[
    '=',
    '=15',
    '= 15',
    '=15 ',
    '="15"',
    '="15',
    '=15"',
    "='15'",
    '=" 15"',
    '=""',
    '"',
    '=15=',
    '=15=15',
    '==15',
    '=015',
    '=+15',
  ],
].map((value) => (/^["=]/.test(value) ? `${NO_TAKEOVER}; server_max_window_bits${value}` : value));

/** Values for the window size (`server_max_window_bits` and `client_max_window_bits`), correct and wrong. */
export const WINDOW_BITS = [
  ...[
    '8',
    '9',
    '10',
    '15',
    '16',
    '7',
    '0',
    '',
    '-15',
    '+9',
    '015',
    '15.0',
    '1 5',
    '0x0f',
    '15L',
    '\u0661\u0665',
    '"9"',
    '" 9 "',
  ],
  ...['"9', '9"', '""9""', '\t9\t', '9\x1f', '1_5', '000000000000015', '99999999999999999999'],
];

export const SUBPROTOCOLS = [
  '',
  ' ',
  ',',
  'chat',
  'caf\u00e9',
  '\x1f',
  '\u3000',
  '\ufeff',
  '"',
  'a, b',
  '\t',
  '\u180e',
  '\ud83d\ude00',
];

export const BEFORE_HEAD = [
  '\r\n',
  '\n',
  '\r',
  ' ',
  '\t',
  '\0',
  '\ufeff',
  '\u2028',
  '\x85',
  '\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'X',
];

/**
 * Byte sequences in hex that may be valid UTF-8 or not: unfinished and overlong characters, surrogates, and code points
 * near the limits.
 */
export const BAD_TEXT = [
  ...[
    'ff',
    '80',
    'c0af',
    'c1bf',
    'c3',
    'c328',
    'e0',
    'e080',
    'e08080',
    'e0a0',
    'e4b8',
    'e4b828',
    'ed',
    'eda0',
    'eda080',
    'edbfbf',
  ],
  ...[
    'eda080edb080',
    '61eda08062',
    'ed9fbf',
    'ee8080',
    'efbfbe',
    'efbfbf',
    'f0',
    'f08f',
    'f08fbfbf',
    'f09f98',
    'f48fbfbf',
    'f490',
  ],
  ...['f4908080', 'f5', 'f8808080', 'fe', '61ff', '61c3', '6180', '00', '7f', 'efbbbf61', 'c285', 'e280a8'],
];

export const PAYLOADS = [
  ...[
    '',
    '61',
    '00',
    inHex('Hello'),
    inHex('fragment1fragment2'),
    inHex('ping payload'),
    inHex('\u00fcber'),
    inHex('\u4e2d'.repeat(21)),
  ],
  ...['a'.repeat(60), 'a'.repeat(61), 'a'.repeat(125), 'a'.repeat(126), 'a'.repeat(127), 'a'.repeat(400)].map(inHex),
  ...['03e8', '03e86f6b', '3a', '0000'],
];

export const CLOSE_CODES = [
  ...[
    0, 1, 255, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015,
    1016,
  ],
  ...[1100, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 9999, 32_768, 65_535],
];

export const REASONS = [
  ...[
    '',
    'ok',
    'bye \u00e4',
    'r'.repeat(61),
    'r'.repeat(123),
    'r'.repeat(124),
    '\u4e2d'.repeat(41),
    '\0',
    '\x1b[2J',
    '\u2028',
  ].map(inHex),
  ...BAD_TEXT,
];

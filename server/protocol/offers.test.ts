import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseOffer, parseOffers } from './offers.ts';

const WISHES = { serverNoContextTakeover: false, clientNoContextTakeover: false, serverMaxWindowBits: 15 };

function answer(header: string, wishes = WISHES): string | undefined {
  const offers = parseOffers(header);
  return offers && chooseOffer(offers, wishes)?.answer;
}

describe('Sec-WebSocket-Extensions', () => {
  test('is read with its parameters, quoted or not', () => {
    expect(parseOffers('a; b; c=1; d="2" , e')).toEqual([
      {
        name: 'a',
        params: [
          ['b', true],
          ['c', '1'],
          ['d', '2'],
        ],
      },
      { name: 'e', params: [] },
    ]);
  });

  test('is read with blanks, tabs and backslashes where they may stand', () => {
    const [offer] = parseOffers('\ta\t;\t b = "1\\2\\3"\t') ?? [];
    expect(offer).toEqual({ name: 'a', params: [['b', '123']] });
    expect(parseOffers('a; b="1\\')).toBeUndefined();
  });

  test.each(['', ' ', ',', 'a,', 'a;', 'a; b=', 'a; b="', 'a; b="x y"', 'a; b=""', 'a b', 'a; =1', 'é', 'a; b="\\'])(
    'breaks the grammar: %j',
    (header) => expect(parseOffers(header)).toBeUndefined(),
  );

  test('holds names that objects have, without harm', () => {
    expect(answer('__proto__; constructor, permessage-deflate; __proto__')).toBeUndefined();
    expect(answer('constructor; toString=1, permessage-deflate')).toBe('permessage-deflate');
  });

  test('never makes the parser throw', () => {
    fc.assert(fc.property(fc.string(), (header) => void parseOffers(header)));
    const pieces = fc.constantFrom('permessage-deflate', ';', '=', '"', ',', ' ', '\\', 'server_max_window_bits', '9');
    fc.assert(fc.property(fc.array(pieces), (all) => void answer(all.join(''))));
  });
});

describe('permessage-deflate', () => {
  test.each([
    ['permessage-deflate', 'permessage-deflate'],
    ['Permessage-Deflate', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits=10', 'permessage-deflate; client_max_window_bits=10'],
    ['permessage-deflate; client_max_window_bits=8', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits=9', 'permessage-deflate; client_max_window_bits=9'],
    ['permessage-deflate; client_no_context_takeover', 'permessage-deflate; client_no_context_takeover'],
    ['permessage-deflate; server_no_context_takeover', 'permessage-deflate; server_no_context_takeover'],
    ['permessage-deflate; server_max_window_bits=9', 'permessage-deflate; server_max_window_bits=9'],
    ['permessage-deflate; server_max_window_bits="15"', 'permessage-deflate; server_max_window_bits=15'],
    ['x-webkit-deflate-frame, permessage-deflate', 'permessage-deflate'],
    ['permessage-deflate; server_max_window_bits=8, permessage-deflate', 'permessage-deflate'],
  ])('%s is answered with %s', (header, expected) => expect(answer(header)).toBe(expected));

  test.each([
    'x-webkit-deflate-frame',
    'permessage-deflate; server_max_window_bits=8',
    'permessage-deflate; server_max_window_bits',
    ...['7', '16', '0', '08', '+9', '9.0', '999999', '010', '0x9'].map(
      (v) => `permessage-deflate; server_max_window_bits=${v}`,
    ),
    ...['7', '16', '0', '08', '+9', '9.0', '999999'].map((v) => `permessage-deflate; client_max_window_bits=${v}`),
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; client_no_context_takeover=true',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'permessage-deflate; unknown',
  ])('%s is declined', (header) => expect(answer(header)).toBeUndefined());

  test('our own wishes are said when they are not what a client takes for granted', () => {
    const wishes = { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 12 };
    expect(answer('permessage-deflate', wishes)).toBe(
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12',
    );
    expect(answer('permessage-deflate; server_max_window_bits=10', wishes)).toContain('server_max_window_bits=10');
    expect(answer('permessage-deflate; server_max_window_bits=14', wishes)).toContain('server_max_window_bits=12');
  });
});

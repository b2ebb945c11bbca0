import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseOffer, parseOffers } from './offers.ts';

const PREFERENCES = { serverNoContextTakeover: false, clientNoContextTakeover: false, serverMaxWindowBits: 15 };

function answer(header: string, preferences = PREFERENCES): string | undefined {
  const offers = parseOffers(header);
  return offers && chooseOffer(offers, preferences)?.answer;
}

describe('Sec-WebSocket-Extensions', () => {
  test('is parsed with its parameters, quoted or not', () => {
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

  test('is parsed with spaces, tabs and backslashes in all legal places', () => {
    const [offer] = parseOffers('\ta\t;\t b = "1\\2\\3"\t') ?? [];
    expect(offer).toEqual({ name: 'a', params: [['b', '123']] });
    expect(parseOffers('a; b="1\\')).toBeUndefined();
  });

  test.each(['', ' ', ',', 'a,', 'a;', 'a; b=', 'a; b="', 'a; b="x y"', 'a; b=""', 'a b', 'a; =1', 'é', 'a; b="\\'])(
    'is refused if it breaks the grammar: %j',
    (header) => expect(parseOffers(header)).toBeUndefined(),
  );

  test('can contain names of object properties such as __proto__', () => {
    expect(answer('__proto__; constructor, permessage-deflate; __proto__')).toBeUndefined();
    expect(answer('constructor; toString=1, permessage-deflate')).toBe('permessage-deflate');
  });

  test('never causes an exception in the parser', () => {
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

  test('preferences of the server are answered if they differ from the defaults of the client', () => {
    const preferences = { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 12 };
    expect(answer('permessage-deflate', preferences)).toBe(
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12',
    );
    expect(answer('permessage-deflate; server_max_window_bits=10', preferences)).toContain('server_max_window_bits=10');
    expect(answer('permessage-deflate; server_max_window_bits=14', preferences)).toContain('server_max_window_bits=12');
  });
});

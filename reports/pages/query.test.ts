import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery, type QueryCell, type QueryRow, toggleWord, tokenizeQuery } from './query.ts';

const GRADES = ['ok', 'non-strict', 'informational', 'unimplemented', 'failed', 'missing', 'skipped'];
const GROUPS = { '@core': ['1', '2', '3', '4', '5', '6', '7', '10'], '@limits': ['9'], '@deflate': ['12', '13'] };
const parse = (query: string, agents: readonly string[] = []) =>
  parseQuery(query, { agents, grades: GRADES, groups: GROUPS });

const cell = (facts: Partial<QueryCell> = {}): QueryCell => ({
  agent: 'ours',
  grade: 'ok',
  close: 'ok',
  code: '1000',
  verdict: 'same',
  known: false,
  truncated: false,
  ms: 5,
  ...facts,
});
const row = (id: string, text: string, ...cells: QueryCell[]): QueryRow => ({
  id,
  text: `${id} ${text}`.toLowerCase(),
  cells: cells.length === 0 ? [cell()] : cells,
});

const ROWS: readonly QueryRow[] = [
  row('1.1.1', 'Text, 0 octets ✓ OK', cell(), cell({ agent: 'ws' })),
  row('2.1', 'Ping without payload', cell({ ms: 1500 }), cell({ agent: 'ws', verdict: 'flaky' })),
  row(
    '2.10',
    'Ten pings',
    cell({ grade: 'failed', verdict: 'regressed', code: 'none', close: 'unclean' }),
    cell({ agent: 'ws' }),
  ),
  row(
    '6.4.1',
    'UTF-8, fail fast',
    cell({ grade: 'non-strict', known: true, code: '1007' }),
    cell({ agent: 'ws', code: '1007' }),
  ),
  row(
    '7.1.6',
    'Send 256K, close',
    cell({ grade: 'informational', close: 'informational', verdict: 'changed' }),
    cell({ agent: 'ws', grade: 'informational', close: 'informational' }),
  ),
  row(
    '7.13.1',
    'Close 1006 "odd"',
    cell({ grade: 'missing', close: '', code: 'none', verdict: 'missing', ms: null }),
    cell({ agent: 'ws', close: 'wrong code', code: '1006' }),
  ),
  row(
    '9.1.1',
    'Limits',
    cell({ verdict: 'skipped', grade: 'skipped', close: '', ms: null }),
    cell({ agent: 'ws', ms: 999, truncated: true }),
  ),
  row(
    '12.1.1',
    'Deflate',
    cell({ grade: 'unimplemented', verdict: 'new' }),
    cell({ agent: 'ws', verdict: 'improved' }),
  ),
];
const found = (query: string) => ROWS.filter((one) => parse(query, ['ours', 'ws']).matches(one)).map(({ id }) => id);
const ALL = ROWS.map(({ id }) => id);

describe('a query finds', () => {
  it.each([
    ['', ALL],
    ['   ', ALL],
    ['2.1', ['2.1']],
    ['2.1.', ['2.1']],
    ['2.1.*', ['2.1']],
    ['2', ['2.1', '2.10']],
    ['7.1', ['7.1.6']],
    ['!7', ['1.1.1', '2.1', '2.10', '6.4.1', '9.1.1', '12.1.1']],
    ['-7 -2', ['1.1.1', '6.4.1', '9.1.1', '12.1.1']],
    ['@deflate', ['12.1.1']],
    ['@limits', ['9.1.1']],
    ['@core', ['1.1.1', '2.1', '2.10', '6.4.1', '7.1.6', '7.13.1']],
    ['!@core', ['9.1.1', '12.1.1']],
    ['utf-8', ['6.4.1']],
    ['UTF fast', ['6.4.1']],
    ['"fail fast"', ['6.4.1']],
    ['"fast fail"', []],
    ['"fail fas', ['6.4.1']],
    ['-"fail fast" 6', []],
    ['1006', ['7.13.1']],
    ['"odd"', ['7.13.1']],
    ['s:failed', ['2.10']],
    ['s:fail', ['2.10']],
    ['s:nonstrict', ['6.4.1']],
    ['s:non-strict', ['6.4.1']],
    ['s:info', ['7.1.6']],
    ['s:unclean', ['2.10']],
    ['s:wrong', ['7.13.1']],
    ['s:"wrong code"', ['7.13.1']],
    ['s:failedby', []],
    ['s:missing', ['7.13.1']],
    ['s:failed,unimpl', ['2.10', '12.1.1']],
    ['s:!ok', ['2.10', '6.4.1', '7.1.6', '7.13.1', '9.1.1', '12.1.1']],
    ['!s:ok', ['7.1.6']],
    ['s:', ALL],
    ['a:ours s:!ok', ['2.10', '6.4.1', '7.1.6', '7.13.1', '9.1.1', '12.1.1']],
    ['a:ws s:!ok', ['7.1.6']],
    ['!a:ws s:failed', ['2.10']],
    ['a:nobody', []],
    ['close:1006', ['7.13.1']],
    ['close:none', ['2.10', '7.13.1']],
    ['close:1007 a:ws', ['6.4.1']],
    ['close:100*', ALL],
    ['close:!1000 a:ours', ['2.10', '6.4.1', '7.13.1']],
    ['is:regressed', ['2.10']],
    ['is:changed', ['7.1.6']],
    ['is:new', ['12.1.1']],
    ['is:improved', ['12.1.1']],
    ['is:missing', ['7.13.1']],
    ['is:flaky', ['2.1']],
    ['is:skipped', ['9.1.1']],
    ['is:known', ['6.4.1']],
    ['is:slow', ['2.1']],
    ['is:truncated', ['9.1.1']],
    ['is:truncated a:ours', []],
    ['is:unexpected', ['2.1', '2.10', '7.1.6', '7.13.1', '12.1.1']],
    ['-is:unexpected', ['1.1.1', '6.4.1', '9.1.1']],
    ['is:regressed,missing', ['2.10', '7.13.1']],
    ['is:different', ['2.10', '6.4.1', '7.13.1', '9.1.1', '12.1.1']],
    ['-is:different', ['1.1.1', '2.1', '7.1.6']],
    ['d>1000', ['2.1']],
    ['d>1s', ['2.1']],
    ['d>=999', ['2.1', '9.1.1']],
    ['d<=5 a:ours', ['1.1.1', '2.10', '6.4.1', '7.1.6', '12.1.1']],
    ['d<5', []],
    ['d=999', ['9.1.1']],
    ['ours:ok ws:!ok', []],
    ['our:!ok w:ok', ['2.10', '6.4.1', '7.13.1', '9.1.1', '12.1.1']],
    ['ours:!ok ws:ok', ['2.10', '6.4.1', '7.13.1', '9.1.1', '12.1.1']],
    ['s:failed d>1000', []],
    ['s:ok close:1006', ['7.13.1']],
  ] as const)('%s', (query, ids) => {
    expect(found(query)).toEqual(ids);
  });

  it('nothing if the words match only different cells', () => {
    expect(found('a:ours close:1006')).toEqual([]);
  });
});

it('finds an agent whose name has a space by its first letters, unless another name starts with the same letters', () => {
  const one = row('1.1.1', '', cell({ agent: 'websock server' }), cell({ agent: 'websocket-node', grade: 'failed' }));
  const matches = (query: string) => parse(query, ['Websock server', 'websocket-node']).matches(one);
  expect(matches('websocket:failed')).toBe(true);
  expect(matches('websocket:ok')).toBe(false);
  expect(parse('websock:ok', ['Websock server', 'websocket-node']).problems).toHaveLength(1);
  expect(parse('websock:ok', ['Websock server', 'ws']).matches(one)).toBe(true);
});

describe('an unknown word', () => {
  it.each([
    ['is:odd', /is:odd is not known; there are is:same, .*is:slow/],
    ['@none', /@none is not known; there are @core, @limits, @deflate/],
    ['x:1', /x: is not known; there are s:, a:, close:/],
  ])('%s is searched as text, and reported', (query, words) => {
    const { problems, matches } = parse(query);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(words);
    expect(matches(row('1.1.1', `about ${query}`))).toBe(true);
    expect(matches(row('1.1.1', 'other'))).toBe(false);
  });
});

it('splits words at spaces outside of quotes, and reads their sign', () => {
  expect(tokenizeQuery('a !b -"c d" s:"wrong code" "open end')).toEqual([
    { text: 'a', negated: false, quoted: false },
    { text: 'b', negated: true, quoted: false },
    { text: 'c d', negated: true, quoted: true },
    { text: 's:wrong code', negated: false, quoted: false },
    { text: 'open end', negated: false, quoted: true },
  ]);
});

it('a counter adds its word, and removes the word again', () => {
  expect(toggleWord('', 's:failed')).toBe('s:failed');
  expect(toggleWord('7.1 "a b"', 's:failed')).toBe('7.1 "a b" s:failed');
  expect(toggleWord('7.1 S:Failed "a b"', 's:failed')).toBe('7.1 "a b"');
});

it('searches names of inherited properties as text', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'toString:ok', 's:__proto__', 'is:constructor'])
    expect(ROWS.filter((one) => parse(name, ['ours']).matches(one))).toEqual([]);
});

it('parses any text, and finds every row exactly once by a word and by its negation', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (query) => {
      for (const one of ROWS) parse(query, ['ours']).matches(one);
    }),
  );
  const word = fc.constantFrom(
    '7',
    '@core',
    'utf',
    's:ok',
    's:fail',
    'close:1000',
    'is:slow',
    'is:different',
    'd>9',
    'd<9',
  );
  fc.assert(
    fc.property(word, (text) => {
      for (const one of ROWS) expect(parse(text).matches(one)).not.toBe(parse(`!${text}`).matches(one));
    }),
  );
});

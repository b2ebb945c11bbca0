import { describe, expect, test } from 'vitest';
import { describeProblem, speaksUnicode, visible, wantsColour } from './terminal.ts';

describe('colour, by the order in which wishes count', () => {
  test.each([
    [undefined, {}, true, true],
    [undefined, {}, false, false],
    [undefined, { TERM: 'dumb' }, true, false],
    [undefined, { NO_COLOR: '1' }, true, false],
    [undefined, { NO_COLOR: '' }, true, true],
    [undefined, { FORCE_COLOR: '1' }, false, true],
    [undefined, { FORCE_COLOR: '0' }, true, false],
    [undefined, { FORCE_COLOR: 'false' }, true, false],
    [undefined, { FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
    [undefined, { FORCE_COLOR: '1', TERM: 'dumb' }, false, true],
    [false, { FORCE_COLOR: '1' }, true, false],
    [true, { NO_COLOR: '1', TERM: 'dumb' }, false, true],
  ])('flag %s, %j, terminal %s: %s', (flag, env, isTty, expected) => {
    expect(wantsColour(flag, env, isTty)).toBe(expected);
  });
});

test('glyphs are used where the locale speaks UTF-8', () => {
  expect(speaksUnicode({ LANG: 'en_US.UTF-8' })).toBe(true);
  expect(speaksUnicode({ LANG: 'en_US.UTF-8', LC_ALL: 'C' })).toBe(false);
});

test('text of unknown origin cannot steer the terminal: every control and bidi character is shown', () => {
  expect(visible('a\x1b[31mred\x07\r\x00\u202ebidi\x9b')).toBe('a\\x1b[31mred\\x07\\x0d\\x00\\u202ebidi\\x9b');
  for (let code = 0; code < 0x20; code++) {
    if (code !== 9 && code !== 10) expect(visible(String.fromCharCode(code))).not.toContain(String.fromCharCode(code));
  }
  expect(visible('tab\tand newline\n stay, ünïcode too')).toBe('tab\tand newline\n stay, ünïcode too');
});

test('a problem is told in four parts and with the last lines of the log', () => {
  const problem = { what: 'It broke.', where: 'here', why: 'so', todo: 'mend it', tail: ['line\x1b[2J'] };
  expect(describeProblem(problem, { colour: false, unicode: true })).toEqual([
    'It broke.',
    '  where: here',
    '  why:   so',
    '  do:    mend it',
    '  | line\\x1b[2J',
  ]);
});

import { describe, expect, test } from 'vitest';
import { speaksUnicode, wantsColour } from './terminal-style.ts';

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

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { sampleReport } from '../reports/sample.ts';
import { describeProblem, endBlock, speaksUnicode, visible, wantsColour } from './terminal.ts';

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

/** What a line does to a runner of CI: as GitHub's reads it (both of its forms), and Azure's. */
const COMMAND = /^\s*::|##\w*\[/m;

test('no text of unknown origin is a command to the runner that reads our output', () => {
  const commands = [
    '::error::x',
    '\t ::add-mask::a',
    'x\n::stop-commands::x',
    '##[add-mask]x',
    '##vso[task.complete]',
    ':::x',
  ];
  const all = commands.flatMap((one) => [one, `\n${one}`, `a\r\n${one}`]);
  for (const text of all) expect(visible(text)).not.toMatch(COMMAND);
  expect(visible('ws://[::1]:80/ and a::b, # [x]')).toBe('ws://[::1]:80/ and a::b, # [x]');
  for (const text of all) {
    const agents = sampleReport.agents.map((agent) => ({
      ...agent,
      name: text,
      cases: agent.cases.map((one) => ({ ...one, sentence: text })),
    }));
    const problems = [{ what: text, where: text, why: text, todo: text, tail: [text] }];
    const report = {
      ...sampleReport,
      agents,
      problems,
      gate: { ...sampleReport.gate, sentence: `INCOMPLETE. ${text}` },
    };
    expect(endBlock(report, 'report', { colour: false, unicode: true })).not.toMatch(COMMAND);
  }
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

describe('the end of a run', () => {
  test.each([
    { colour: true, unicode: true },
    { colour: false, unicode: true },
    { colour: false, unicode: false },
  ])('colour $colour, more than ASCII $unicode', (style) => {
    const here = process.cwd();
    const block = endBlock(sampleReport, join(here, 'report'), style);
    expect(block.replaceAll(pathToFileURL(here).href, 'file:///here')).toMatchSnapshot();
    if (!style.colour) expect(block).not.toContain('\x1b');
    if (!style.unicode) expect(block).toMatch(/^[\0-\x7f]*$/);
  });
});

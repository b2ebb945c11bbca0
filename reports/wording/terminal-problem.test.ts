import { expect, test } from 'vitest';
import { describeProblem } from './terminal-problem.ts';

test('a problem is printed in four parts, with the last lines of the log', () => {
  const problem = { what: 'It broke.', where: 'here', why: 'so', todo: 'mend it', tail: ['line\x1b[2J'] };
  expect(describeProblem(problem, { colour: false, unicode: true })).toEqual([
    'It broke.',
    '  where: here',
    '  why:   so',
    '  do:    mend it',
    '  | line\\x1b[2J',
  ]);
});

test('a very long line of the log is cut', () => {
  const [, line] = describeProblem({ what: 'It broke.', tail: ['x'.repeat(2000)] }, { colour: false, unicode: true });
  expect(line).toBe(`  | ${'x'.repeat(300)}…`);
});

test('the text of a problem is wrapped between words to the width of the terminal, but its address is not', () => {
  const problem = {
    what: 'It broke in a way that takes many words.',
    where: '/a path/that is/longer than/forty/columns/are.txt',
    why: 'tar: This does not look like an archive\ntar: Exiting',
    todo: 'Mend it “soon”, and then play the case again.',
  };
  expect(describeProblem(problem, { colour: true, unicode: false, columns: 40 })).toEqual([
    '\x1b[1mIt broke in a way that takes many words.\x1b[22m',
    '  where: /a path/that is/longer than/forty/columns/are.txt',
    '  why:   tar: This does not look like an',
    '         archive',
    '         tar: Exiting',
    '  do:    Mend it "soon", and then play',
    '         the case again.',
  ]);
  expect(describeProblem(problem, { colour: false, unicode: true, columns: 39 }).slice(0, 2)).toEqual([
    'It broke in a way that takes many',
    '  words.',
  ]);
});

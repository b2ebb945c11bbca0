import { expect, test } from 'vitest';
import { HarnessError, toProblem } from './harness-error.ts';

test.each([
  ['the play did not end within 6 s', 'The play did not end within 6 s.'],
  ['wstest ended with exit code 1', 'wstest ended with exit code 1.'],
  ['servers.mine.cwd: there is no folder.', 'servers.mine.cwd: there is no folder.'],
  ['--path is idle.', '--path is idle.'],
  ['No engine answers.', 'No engine answers.'],
])('a phrase is told as a sentence: "%s"', (what, told) => {
  expect(toProblem(new HarnessError(3, { what })).what).toBe(told);
});

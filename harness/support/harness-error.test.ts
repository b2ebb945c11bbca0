import { expect, test } from 'vitest';
import { HarnessError, toProblem } from './harness-error.ts';

test.each([
  ['the run did not end within 6 s', 'The run did not end within 6 s.'],
  ['wstest ended with exit code 1', 'wstest ended with exit code 1.'],
  ['servers.mine.cwd: there is no folder.', 'servers.mine.cwd: there is no folder.'],
  ['--path is idle.', '--path is idle.'],
  ['No engine answers.', 'No engine answers.'],
])('makes the phrase "%s" a sentence', (what, sentence) => {
  expect(toProblem(new HarnessError(3, { what })).what).toBe(sentence);
});

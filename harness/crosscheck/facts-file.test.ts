import { describe, expect, test } from 'vitest';
import { caughtError } from '../testing/thrown-error.ts';
import { readFactsFile } from './facts-file.ts';

const FACTS = ['behavior', 'remoteCloseCode', 'wasClean'];
const read = (file: object) => readFactsFile(JSON.stringify(file, null, 2), 'echo.json');

test('a facts file gives the facts of each case by name, in the order of the suite', () => {
  const facts = read({ facts: FACTS, cases: { '2.10': ['OK', 1000, true], '2.2': ['FAILED', null, false] } });
  expect([...facts.keys()]).toEqual(['2.2', '2.10']);
  expect([...(facts.get('2.2') ?? [])]).toEqual([
    ['behavior', 'FAILED'],
    ['remoteCloseCode', null],
    ['wasClean', false],
  ]);
});

describe('readFactsFile throws HarnessError with exit code 2 with the line for', () => {
  const one = { '1.1.1': ['OK', 1000, true] };
  test.each([
    ['no facts', { cases: one }, /facts: is missing/, 1],
    ['an empty list of facts', { facts: [], cases: one }, /facts: \[\] is empty/, 2],
    ['an unknown fact', { facts: ['behaviour'], cases: {} }, /did you mean "behavior"/, 3],
    ['a fact that is named twice', { facts: ['behavior', 'behavior'], cases: {} }, /"behavior" is named twice/, 4],
    ['no cases', { facts: FACTS }, /cases: is missing/, 1],
    ['an empty list of cases', { facts: FACTS, cases: {} }, /it has no case/, 7],
    ['an unknown case', { facts: FACTS, cases: { '1.1.99': ['OK', 1000, true] } }, /no case "1\.1\.99" \(did you/, 8],
    ['a missing value', { facts: FACTS, cases: { '1.1.1': ['OK', 1000] } }, /1\.1\.1 has 2 values for 3 facts/, 8],
    ['a value too many', { facts: FACTS, cases: { '1.1.1': ['OK', 1000, true, true] } }, /has 4 values for 3/, 8],
    ['a wrong value', { facts: FACTS, cases: { '1.1.1': ['OK', 1000, 1] } }, /wasClean of case 1\.1\.1: 1 is not/, 11],
    ['values that are no list', { facts: FACTS, cases: { '1.1.1': 'OK' } }, /"OK" is not a list/, 8],
    ['an unknown key', { facts: FACTS, cases: one, case: {} }, /unknown key "case"/, 14],
  ])('%s', (_, file, what, line) => {
    const { exitCode, problem } = caughtError(() => read(file));
    expect(problem.what).toMatch(what);
    expect([exitCode, problem.where]).toEqual([2, `echo.json:${line}`]);
  });

  test.each([
    ['a text that is not JSON', '{"facts": [', 1],
    ['an empty file', '', 1],
    ['a case that is named twice', '{"facts": ["behavior"],\n"cases": {"1.1.1": ["OK"],\n"1.1.1": ["OK"]}}', 3],
  ])('%s', (_, text, line) => {
    const { exitCode, problem } = caughtError(() => readFactsFile(text, 'echo.json'));
    expect(problem.what).toBe('The facts file is not JSON.');
    expect([exitCode, problem.where]).toEqual([2, `echo.json:${line}`]);
  });
});

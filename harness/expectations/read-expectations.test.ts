import { describe, expect, test } from 'vitest';
import { conformantOutcome, suiteIds } from '../suites/autobahn/catalogue.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { caughtError } from '../testing/thrown-error.ts';
import { readExpectations } from './read-expectations.ts';

const head = {
  version: 1,
  suite: { name: 'Autobahn|Testsuite', version: '25.10.1', cases: 517 },
  server: 'x',
  default: 'conformant',
};
const readText = (text: string) => readExpectations(autobahn, text, 'fixtures/expected/x.json', '2026-06-01');
const read = (cases: object) => readText(JSON.stringify({ ...head, cases }, null, 2));

test('a file without entries expects the conformant outcome of every case', () => {
  const expectations = read({});
  expect(expectations.size).toBe(517);
  for (const id of suiteIds) expect(expectations.get(id)?.outcome).toEqual(conformantOutcome(id));
});

test('an entry changes only its facts of the conformant outcome', () => {
  const expectation = read({
    '6.4.1': { behavior: 'NON-STRICT', why: 'UTF-8 is judged when the message is complete' },
  }).get('6.4.1');
  expect(expectation?.outcome).toEqual({ ...conformantOutcome('6.4.1'), behavior: 'NON-STRICT' });
  expect(expectation?.line).toBe(11);
});

test('the most specific of the entries that match a case counts, in any order of the file', () => {
  const why = 'no permessage-deflate';
  const expectations = read({
    '12.1.1': {},
    '12.*': { behavior: 'UNIMPLEMENTED', why },
    '12.2.*': { skip: true, why: 'slow' },
  });
  expect(expectations.get('12.1.1')?.outcome.behavior).toBe('OK');
  expect(expectations.get('12.1.2')?.outcome.behavior).toBe('UNIMPLEMENTED');
  expect(expectations.get('12.2.1')?.skip).toBe(true);
  expect(expectations.get('13.1.1')?.outcome.behavior).toBe('OK');
});

test('flaky lists the other outcomes of a case', () => {
  const expectation = read({ '9.7.1': { flaky: [{ behavior: 'FAILED' }], why: 'slow machine' } }).get('9.7.1');
  expect(expectation?.flaky).toEqual([{ ...conformantOutcome('9.7.1'), behavior: 'FAILED' }]);
});

describe('readExpectations throws HarnessError with exit code 2 with the line and advice for', () => {
  test.each([
    ['a case that the suite does not have', { '99.1': {} }, /matches no case/, 11],
    ['a pattern that matches nothing', { '8.*': {} }, /matches no case/, 11],
    ['no reason for a grade', { '1.1.1': {}, '6.4.1': { behavior: 'NON-STRICT' } }, /does not say why/, 12],
    ['an empty reason', { '6.4.1': { behavior: 'NON-STRICT', why: ' ' } }, /why: " " says nothing/, 13],
    ['no reason to skip', { '6.4.1': { skip: true } }, /does not say why/, 11],
    ['no reason for flaky', { '6.4.1': { flaky: [{ wasClean: false }] } }, /does not say why/, 11],
    ['an unknown key', { '6.4.1': { behaviour: 'OK' } }, /unknown key "behaviour" \(did you mean "behavior"\?\)/, 12],
    ['an unknown grade', { '6.4.1': { behavior: 'PAS' } }, /behavior: "PAS" cannot be used.*did you mean/, 12],
    ['an until in the past', { '6.4.1': { wasClean: false, until: '2026-05-31' } }, /has expired/, 11],
    ['no object', { '6.4.1': 'OK' }, /"OK" is not an object, in \{ \}/, 11],
  ])('%s', (_, cases, what, line) => {
    const { exitCode, problem } = caughtError(() => read(cases));
    expect(exitCode).toBe(2);
    expect(problem.what).toMatch(what);
    expect(problem.where).toBe(`fixtures/expected/x.json:${line}`);
    expect(problem.todo).toBeTruthy();
  });

  test.each([
    ['not JSON', '{', /not JSON/],
    ['empty', '', /not JSON/],
    ['a key twice', '{"version": 1, "version": 1}', /not JSON/],
    ['another version', JSON.stringify({ ...head, version: 2, cases: {} }), /version/],
    [
      'another suite',
      JSON.stringify({ ...head, suite: { ...head.suite, version: '0.8.2' }, cases: {} }),
      /another suite: .* 0\.8\.2/,
    ],
    [
      'another number of cases',
      JSON.stringify({ ...head, suite: { ...head.suite, cases: 521 }, cases: {} }),
      /another suite/,
    ],
    ['an unknown key', JSON.stringify({ ...head, cases: {}, servr: 'x' }), /unknown key "servr"/],
    ['no cases', JSON.stringify(head), /cases/],
  ])('%s', (_, text, what) => {
    const { exitCode, problem } = caughtError(() => readText(text));
    expect(exitCode).toBe(2);
    expect(problem.what).toMatch(what);
  });
});

test('an entry is valid on the day of its until', () => {
  expect(read({ '6.4.1': { wasClean: false, until: '2026-06-01' } }).get('6.4.1')?.outcome.wasClean).toBe(false);
});

import { expect, test } from 'vitest';
import type { CaseVerdict, Outcome, Verdict } from '../../reports/document/report.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { decide } from './gate.ts';

const ok: Outcome = {
  behavior: 'OK',
  behaviorClose: 'OK',
  remoteCloseCode: 1000,
  wasClean: true,
  closedByMe: true,
  failedByMe: false,
  droppedByMe: false,
  wasServerConnectionDropTimeout: false,
  wasOpenHandshakeTimeout: false,
  wasCloseHandshakeTimeout: false,
  received: [],
};
const judged = (verdict: Verdict, actual: Outcome | null = ok): CaseVerdict => ({
  id: '1.1.1',
  verdict,
  actual,
  expected: ok,
  differences: [],
  sentence: '',
  durationMs: 1,
  result: null,
});

test.each([
  ['same', 0, 'passed'],
  ['regressed', 1, 'failed'],
  ['changed', 1, 'failed'],
  ['new', 1, 'failed'],
  ['improved', 1, 'failed'],
  ['missing', 3, 'undecided'],
  ['flaky', 0, 'passed'],
  ['skipped', 0, 'passed'],
] as const)('a case "%s" among expected cases: exit code %i, %s', (verdict, exitCode, decision) => {
  expect(decide(autobahn, [judged('same'), judged(verdict), judged('same')], [], { strict: false })).toMatchObject({
    exitCode,
    decision,
  });
});

test('a run without a played case is undecided, even if all cases are skipped', () => {
  expect(decide(autobahn, [], [], { strict: false })).toMatchObject({ exitCode: 3, decision: 'undecided' });
  expect(decide(autobahn, [judged('skipped')], [], { strict: false })).toMatchObject({ exitCode: 3 });
  expect(decide(autobahn, [], [{ what: 'There is no index.' }], { strict: false }).sentence).toBe(
    'INCOMPLETE: No case has a result. There is no index.',
  );
});

test('a problem makes the run undecided, whatever the verdicts are', () => {
  expect(decide(autobahn, [judged('same')], [{ what: 'The server ended.' }], { strict: false })).toMatchObject({
    exitCode: 3,
  });
  expect(decide(autobahn, [judged('regressed')], [{ what: 'The server ended.' }], { strict: false })).toMatchObject({
    exitCode: 3,
  });
});

test('with strict, NON-STRICT fails the run even if NON-STRICT is expected', () => {
  const nonStrict = judged('same', { ...ok, behavior: 'NON-STRICT' });
  expect(decide(autobahn, [nonStrict], [], { strict: false })).toMatchObject({ exitCode: 0 });
  expect(decide(autobahn, [nonStrict], [], { strict: true })).toMatchObject({
    exitCode: 1,
    sentence: expect.stringContaining('1 not strict'),
  });
});

test('the sentence counts the cases in total and by verdict', () => {
  expect(decide(autobahn, [judged('same'), judged('same')], [], { strict: false }).sentence).toBe(
    'PASSED: 2 of 2 cases are as expected.',
  );
  expect(
    decide(autobahn, [judged('same'), judged('regressed'), judged('improved')], [], { strict: false }).sentence,
  ).toBe('FAILED: 2 of 3 cases are not as expected (1 regressed, 1 improved).');
  expect(
    decide(autobahn, [judged('same'), judged('missing')], [{ what: 'Case 1.1.1 has no result.' }], { strict: false })
      .sentence,
  ).toBe('INCOMPLETE: 1 of 2 cases has a result. Case 1.1.1 has no result.');
});

test('the sentence is correct English for 0, 1 and 1,034 cases', () => {
  expect(decide(autobahn, [judged('same')], [], { strict: false }).sentence).toBe(
    'PASSED: 1 of 1 case is as expected.',
  );
  expect(decide(autobahn, [judged('regressed')], [], { strict: false }).sentence).toBe(
    'FAILED: 1 of 1 case is not as expected (1 regressed).',
  );
  expect(decide(autobahn, Array(1034).fill(judged('same')), [], { strict: false }).sentence).toBe(
    'PASSED: 1,034 of 1,034 cases are as expected.',
  );
  expect(decide(autobahn, [], [{ what: 'The results have no readable index.' }], { strict: false }).sentence).toBe(
    'INCOMPLETE: No case has a result. The results have no readable index.',
  );
});

test('the sentence of an incomplete run names the worst verdict, then the cause, then the cases without a result', () => {
  const judgedAs = (id: string, verdict: Verdict) => ({ ...judged(verdict), id });
  const missing = ['1.1.1', '1.1.2', '9.9'].map((id) => judgedAs(id, 'missing'));
  const without = missing.map(({ id }) => ({ what: `Case ${id} has no result.`, case: id }));
  const sentence = (verdicts: CaseVerdict[], problems = without) =>
    decide(autobahn, verdicts, problems, { strict: false }).sentence.replace(
      /^INCOMPLETE: \d+ of \d+ cases (?:has|have) a result\. /,
      '',
    );
  expect(sentence([...missing, judgedAs('7.1.6', 'regressed')])).toBe(
    '7.1.6 regressed. 1.1.1 and 2 more have no result.',
  );
  expect(
    sentence([...missing, judgedAs('2.1', 'changed'), judgedAs('7.1.5', 'regressed'), judgedAs('7.1.6', 'regressed')]),
  ).toBe('7.1.5 and 1 more regressed. 1.1.1 and 2 more have no result.');
  expect(sentence([...missing, judgedAs('2.1', 'changed')])).toBe('2.1 changed. 1.1.1 and 2 more have no result.');
  expect(sentence([...missing, judgedAs('2.1', 'improved')])).toBe('1.1.1 and 2 more have no result.');
  const serverEnd = { what: 'The server ended during the run (in flight: case 1.1.1).', case: '1.1.1' };
  expect(sentence([...missing, judgedAs('7.1.6', 'regressed')], [serverEnd, ...without])).toBe(
    `7.1.6 regressed. ${serverEnd.what}`,
  );
  const unreadable = ['2.1', '2.2'].map((id) => ({ what: `The result of ${id} is stale.`, case: id }));
  expect(sentence([...missing, judgedAs('2.1', 'same')], [...unreadable, ...without])).toBe(
    'The result of 2.1 is stale. The same of 1 more.',
  );
});

test('a case that --retries found flaky fails the run; a case that the expectation file calls flaky does not', () => {
  const tries = [judged('regressed'), judged('same')].map(({ verdict }) => ({
    verdict,
    outcome: ok,
    durationMs: 1,
    result: 'results/a/1.json',
  }));
  expect(
    decide(autobahn, [judged('same'), { ...judged('flaky'), tries }, judged('flaky')], [], { strict: false }),
  ).toMatchObject({
    exitCode: 1,
    sentence: 'FAILED: 1 of 3 cases is not as expected (1 flaky).',
  });
});

test('a run that --bail ended fails because of its unexpected outcomes, and says INCOMPLETE', () => {
  const incomplete = [judged('regressed'), judged('same'), judged('missing', null), judged('skipped', null)];
  expect(decide(autobahn, incomplete, [], { strict: false, bail: 1 })).toMatchObject({
    decision: 'failed',
    exitCode: 1,
    sentence:
      'FAILED: 1 of 4 cases is not as expected (1 regressed). INCOMPLETE: 2 of 3 cases were played, then --bail 1 ended the run.',
  });
  // If `--bail` ended the run without an unexpected outcome, or there is a problem, the run is undecided.
  expect(decide(autobahn, [judged('same'), judged('missing', null)], [], { strict: false, bail: 1 })).toMatchObject({
    exitCode: 3,
  });
  expect(decide(autobahn, incomplete, [{ what: 'The server died.' }], { strict: false, bail: 1 })).toMatchObject({
    exitCode: 3,
  });
  expect(decide(autobahn, incomplete, [], { strict: false })).toMatchObject({ exitCode: 3 });
  // With `strict`, the grade NON-STRICT counts as an unexpected outcome.
  const lax = judged('same', { ...ok, behavior: 'NON-STRICT' });
  expect(decide(autobahn, [lax, judged('missing', null)], [], { strict: true, bail: 1 })).toMatchObject({
    exitCode: 1,
  });
});

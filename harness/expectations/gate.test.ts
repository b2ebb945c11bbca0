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
const one = (verdict: Verdict, actual: Outcome | null = ok): CaseVerdict => ({
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
] as const)('one "%s" among cases that are as expected: exit %i, %s', (verdict, exitCode, decision) => {
  expect(decide(autobahn, [one('same'), one(verdict), one('same')], [], { strict: false })).toMatchObject({
    exitCode,
    decision,
  });
});

test('nothing played is never a pass: no case, or all of them skipped', () => {
  expect(decide(autobahn, [], [], { strict: false })).toMatchObject({ exitCode: 3, decision: 'undecided' });
  expect(decide(autobahn, [one('skipped')], [], { strict: false })).toMatchObject({ exitCode: 3 });
  expect(decide(autobahn, [], [{ what: 'There is no index.' }], { strict: false }).sentence).toBe(
    'INCOMPLETE: No case has a result. There is no index.',
  );
});

test('what keeps us from knowing weighs more than any verdict', () => {
  expect(decide(autobahn, [one('same')], [{ what: 'The server ended.' }], { strict: false })).toMatchObject({
    exitCode: 3,
  });
  expect(decide(autobahn, [one('regressed')], [{ what: 'The server ended.' }], { strict: false })).toMatchObject({
    exitCode: 3,
  });
});

test('strict: NON-STRICT fails even where it is expected', () => {
  const nonStrict = one('same', { ...ok, behavior: 'NON-STRICT' });
  expect(decide(autobahn, [nonStrict], [], { strict: false })).toMatchObject({ exitCode: 0 });
  expect(decide(autobahn, [nonStrict], [], { strict: true })).toMatchObject({
    exitCode: 1,
    sentence: expect.stringContaining('1 not strict'),
  });
});

test('the sentence says how many, of how many, and of which kind', () => {
  expect(decide(autobahn, [one('same'), one('same')], [], { strict: false }).sentence).toBe(
    'PASSED: 2 of 2 cases are as expected.',
  );
  expect(decide(autobahn, [one('same'), one('regressed'), one('improved')], [], { strict: false }).sentence).toBe(
    'FAILED: 2 of 3 cases are not as expected (1 regressed, 1 improved).',
  );
  expect(
    decide(autobahn, [one('same'), one('missing')], [{ what: 'Case 1.1.1 has no result.' }], { strict: false })
      .sentence,
  ).toBe('INCOMPLETE: 1 of 2 cases has a result. Case 1.1.1 has no result.');
});

test('the sentence is good English of one, of none and of a thousand', () => {
  expect(decide(autobahn, [one('same')], [], { strict: false }).sentence).toBe('PASSED: 1 of 1 case is as expected.');
  expect(decide(autobahn, [one('regressed')], [], { strict: false }).sentence).toBe(
    'FAILED: 1 of 1 case is not as expected (1 regressed).',
  );
  expect(decide(autobahn, Array(1034).fill(one('same')), [], { strict: false }).sentence).toBe(
    'PASSED: 1,034 of 1,034 cases are as expected.',
  );
  expect(decide(autobahn, [], [{ what: 'The results have no readable index.' }], { strict: false }).sentence).toBe(
    'INCOMPLETE: No case has a result. The results have no readable index.',
  );
});

test('the sentence of a run that is not complete names what is bad for sure, then the cause, then what has no result', () => {
  const named = (id: string, verdict: Verdict) => ({ ...one(verdict), id });
  const missing = ['1.1.1', '1.1.2', '9.9'].map((id) => named(id, 'missing'));
  const without = missing.map(({ id }) => ({ what: `Case ${id} has no result.`, case: id }));
  const sentence = (verdicts: CaseVerdict[], problems = without) =>
    decide(autobahn, verdicts, problems, { strict: false }).sentence.replace(
      /^INCOMPLETE: \d+ of \d+ cases (?:has|have) a result\. /,
      '',
    );
  expect(sentence([...missing, named('7.1.6', 'regressed')])).toBe('7.1.6 regressed. 1.1.1 and 2 more have no result.');
  expect(
    sentence([...missing, named('2.1', 'changed'), named('7.1.5', 'regressed'), named('7.1.6', 'regressed')]),
  ).toBe('7.1.5 and 1 more regressed. 1.1.1 and 2 more have no result.');
  expect(sentence([...missing, named('2.1', 'changed')])).toBe('2.1 changed. 1.1.1 and 2 more have no result.');
  expect(sentence([...missing, named('2.1', 'improved')])).toBe('1.1.1 and 2 more have no result.');
  const died = { what: 'The server ended in mid-run (in flight: case 1.1.1).', case: '1.1.1' };
  expect(sentence([...missing, named('7.1.6', 'regressed')], [died, ...without])).toBe(`7.1.6 regressed. ${died.what}`);
  const unreadable = ['2.1', '2.2'].map((id) => ({ what: `The result of ${id} is stale.`, case: id }));
  expect(sentence([...missing, named('2.1', 'same')], [...unreadable, ...without])).toBe(
    'The result of 2.1 is stale. The same of 1 more.',
  );
});

test('a case that came out differently when it was played again stops a merge; one that was said to be flaky does not', () => {
  const tries = [one('regressed'), one('same')].map(({ verdict }) => ({
    verdict,
    outcome: ok,
    durationMs: 1,
    result: 'results/a/1.json',
  }));
  expect(
    decide(autobahn, [one('same'), { ...one('flaky'), tries }, one('flaky')], [], { strict: false }),
  ).toMatchObject({
    exitCode: 1,
    sentence: 'FAILED: 1 of 3 cases is not as expected (1 flaky).',
  });
});

test('a run that was ended since there was enough is decided by what was found, and says that it is INCOMPLETE', () => {
  const cut = [one('regressed'), one('same'), one('missing', null), one('skipped', null)];
  expect(decide(autobahn, cut, [], { strict: false, bail: 1 })).toMatchObject({
    decision: 'failed',
    exitCode: 1,
    sentence:
      'FAILED: 1 of 4 cases is not as expected (1 regressed). INCOMPLETE: 2 of 3 cases were played, then --bail 1 ended the run.',
  });
  // Without anything found, or with trouble beside it, nothing can be told.
  expect(decide(autobahn, [one('same'), one('missing', null)], [], { strict: false, bail: 1 })).toMatchObject({
    exitCode: 3,
  });
  expect(decide(autobahn, cut, [{ what: 'The server died.' }], { strict: false, bail: 1 })).toMatchObject({
    exitCode: 3,
  });
  expect(decide(autobahn, cut, [], { strict: false })).toMatchObject({ exitCode: 3 });
  // NON-STRICT is enough where it is asked for.
  const lax = one('same', { ...ok, behavior: 'NON-STRICT' });
  expect(decide(autobahn, [lax, one('missing', null)], [], { strict: true, bail: 1 })).toMatchObject({ exitCode: 1 });
});

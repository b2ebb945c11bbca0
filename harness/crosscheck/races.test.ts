import { expect, test } from 'vitest';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import { Contest, MOST_PLAYS, playContests } from './races.ts';
import { recordedCase } from './testing.ts';

const disagreement = { id: '1.1.2', at: 'remoteCloseCode', reference: 1000, native: null };
const closed = (code: number | null): RecordedCase => ({ ...recordedCase('1.1.2'), remoteCloseCode: code });

/**
 * Returns the finding about a disagreement after some plays. `plays` has the close codes of each play: that of the
 * reference engine, then that of the embedded engine.
 */
function findingAfter(plays: readonly (readonly [number | null, number | null])[]): string {
  const contest = new Contest(disagreement);
  for (const [reference, native] of plays) contest.add(closed(reference), closed(native));
  return contest.finding;
}

test('a disagreement is a race if each engine gave both values', () => {
  expect(
    findingAfter([
      [1000, null],
      [null, 1000],
    ]),
  ).toBe('race');
});

test('a disagreement is a race if the reference gave both values, and the embedded engine one of them', () => {
  expect(
    findingAfter([
      [1000, null],
      [null, null],
    ]),
  ).toBe('race');
});

test.each([
  ['neither engine gave another value', [[1000, null]]],
  [
    'only the embedded engine gave both values',
    [
      [1000, null],
      [1000, 1000],
    ],
  ],
  [
    'the reference gave both values, and the embedded engine a third value',
    [
      [1000, null],
      [null, 1001],
    ],
  ],
  ['the embedded engine was wrong only at first, next to other cases', [[1000, 1000]]],
  ['a third value came', [[1001, 1001]]],
  ['no engine has played', []],
] as const)('a disagreement stays if %s', (_, plays) => {
  expect(findingAfter(plays)).toBe('disagreement');
});

test('a disagreement is none if the first value of the reference never came again', () => {
  expect(
    findingAfter([
      [null, null],
      [null, null],
    ]),
  ).toBe('agreement');
});

test('a missing result is a value too', () => {
  const contest = new Contest({ id: '1.1.2', at: 'has a result', reference: true, native: false });
  contest.add(closed(1000), undefined);
  contest.add(undefined, closed(1000));
  expect(contest.finding).toBe('race');
});

test('a contest names the fact, both values, and how often each engine gave each value', () => {
  const contest = new Contest(disagreement);
  contest.add(closed(1000), closed(null));
  contest.add(closed(1000), closed(1000));
  expect(String(contest)).toBe(
    '1.1.2 remoteCloseCode: disagreement; 1000 and null, reference 2 and 0 of 2 plays, native 1 and 1 of 2 plays',
  );
});

test('the engines play until every disagreement is a race, at most ten times', async () => {
  const answers = [closed(1000), closed(null)];
  let plays = 0;
  const alternate = async () => {
    plays++;
    return { reference: answers[plays % 2], native: answers[(plays + 1) % 2] };
  };
  expect((await playContests([disagreement], alternate)).map(({ finding }) => finding)).toEqual(['race']);
  expect(plays).toBe(2);
  plays = 0;
  const other = { ...disagreement, at: 'wasClean', reference: true, native: false };
  await playContests([disagreement, other], alternate);
  expect(plays).toBe(MOST_PLAYS);
});

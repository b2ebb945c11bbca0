import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CLOSE_GRADES, GRADES } from '../../../reports/document/recorded-case.ts';
import * as comparison from '../../plan/compare-outcomes.ts';
import { readResults } from '../../results/read-results.ts';
import { conformantOutcome, suiteIds } from './catalogue.ts';
import { AUTOBAHN_FIELDS, type AutobahnOutcome } from './outcome.ts';
import { autobahn } from './suite.ts';

const { verdictOf } = comparison;
const compareOutcomes = (expected: AutobahnOutcome, actual: AutobahnOutcome, good: AutobahnOutcome) =>
  comparison.compareOutcomes(autobahn, expected, actual, good);
const conformant = conformantOutcome('1.1.2');
const verdict = (expected: AutobahnOutcome, actual: AutobahnOutcome, good = conformant) =>
  verdictOf(compareOutcomes(expected, actual, good));

test('an expected outcome has no difference', () => {
  for (const id of suiteIds)
    expect(compareOutcomes(conformantOutcome(id), conformantOutcome(id), conformantOutcome(id))).toEqual([]);
});

describe('a single deviating fact', () => {
  const worse: Partial<AutobahnOutcome> = {
    behavior: 'FAILED',
    behaviorClose: 'UNCLEAN',
    remoteCloseCode: null,
    wasClean: false,
    closedByMe: false,
    failedByMe: true,
    droppedByMe: true,
    wasServerConnectionDropTimeout: true,
    wasOpenHandshakeTimeout: true,
    wasCloseHandshakeTimeout: true,
    received: [],
  };
  test.each(AUTOBAHN_FIELDS)('in %s makes the verdict regressed, and improved in the other direction', (field) => {
    const other = { ...conformant, [field]: worse[field] };
    expect(verdict(conformant, other)).toBe('regressed');
    expect(verdict(other, conformant)).toBe('improved');
  });
});

test('another close code makes the verdict changed, because the close grade shows whether the code is wrong', () => {
  expect(verdict(conformant, { ...conformant, remoteCloseCode: 1001 })).toBe('changed');
});

test('UNIMPLEMENTED instead of OK makes the verdict regressed, because compression was lost', () => {
  expect(verdict(conformant, { ...conformant, behavior: 'UNIMPLEMENTED' })).toBe('regressed');
});

test('one worse fact makes the verdict regressed, even if other facts are better', () => {
  const poor: AutobahnOutcome = { ...conformant, behavior: 'FAILED' };
  expect(verdict(poor, { ...conformant, wasClean: false })).toBe('regressed');
});

test('the verdict is defined for every pair of grades', () => {
  const pairs = GRADES.flatMap((a) => GRADES.map((b) => [a, b] as const)).filter(([a, b]) => a !== b);
  const table = pairs.map(
    ([a, b]) => `${a} → ${b}: ${verdict({ ...conformant, behavior: a }, { ...conformant, behavior: b })}`,
  );
  expect(table).toMatchSnapshot();
  for (const [a, b] of CLOSE_GRADES.flatMap((a) => CLOSE_GRADES.map((b) => [a, b] as const)).filter(
    ([a, b]) => a !== b,
  )) {
    const forward = verdict({ ...conformant, behaviorClose: a }, { ...conformant, behaviorClose: b });
    const back = verdict({ ...conformant, behaviorClose: b }, { ...conformant, behaviorClose: a });
    expect([forward, back].sort()).toEqual(['improved', 'regressed']);
  }
});

/** Checks that `compareOutcomes` finds every change. Each compared field of recorded results is changed in turn. */
describe('compareOutcomes finds every changed fact', () => {
  const { agents } = readResults(autobahn, join(import.meta.dirname, '../../../fixtures/recorded/ws'), {
    cases: suiteIds,
    extraIsFault: true,
  });
  const outcomes = (agents[0]?.results ?? []).flatMap((result) =>
    result.did === 'run' ? [[result.id, result.outcome as AutobahnOutcome] as const] : [],
  );

  function mutants(outcome: AutobahnOutcome): [string, AutobahnOutcome][] {
    return AUTOBAHN_FIELDS.flatMap((field): [string, AutobahnOutcome][] => {
      switch (field) {
        case 'behavior':
          return GRADES.filter((grade) => grade !== outcome.behavior).map((grade) => [
            `${field} ${grade}`,
            { ...outcome, behavior: grade },
          ]);
        case 'behaviorClose':
          return CLOSE_GRADES.filter((grade) => grade !== outcome.behaviorClose).map((grade) => [
            `${field} ${grade}`,
            { ...outcome, behaviorClose: grade },
          ]);
        case 'remoteCloseCode':
          return [
            [field, { ...outcome, remoteCloseCode: outcome.remoteCloseCode === 1011 ? 1000 : 1011 }],
            ...(outcome.remoteCloseCode === null
              ? []
              : ([[`no ${field}`, { ...outcome, remoteCloseCode: null }]] as [string, AutobahnOutcome][])),
          ];
        case 'received':
          return [
            ['one event more', { ...outcome, received: [...outcome.received, { kind: 'pong', payload: 'late' }] }],
            ...outcome.received.map((_, i): [string, AutobahnOutcome] => [
              `without event ${i}`,
              { ...outcome, received: outcome.received.toSpliced(i, 1) },
            ]),
          ];
        default:
          return [[field, { ...outcome, [field]: !outcome[field] }]];
      }
    });
  }

  test('in each of the 517 cases', () => {
    expect(outcomes).toHaveLength(517);
    let count = 0;
    for (const [id, outcome] of outcomes) {
      for (const [what, mutant] of mutants(outcome)) {
        count++;
        const differences = compareOutcomes(outcome, mutant, conformantOutcome(id));
        expect(differences.length, `${id}: ${what}`).toBeGreaterThan(0);
        expect(verdictOf(differences), `${id}: ${what}`).not.toBe('same');
      }
    }
    expect(count).toBeGreaterThan(517 * 19);
  });
});

test('the recorded seed, a server that never answers the Close frame, is regressed in 7.1.6 although its grades are as expected', () => {
  const seed = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../fixtures/recorded/seed/index.json'), 'utf8'),
  );
  expect(seed['websock server']['7.1.6']).toMatchObject({ behavior: 'INFORMATIONAL', behaviorClose: 'INFORMATIONAL' });
  const { agents } = readResults(autobahn, join(import.meta.dirname, '../../../fixtures/recorded/seed'), {
    cases: ['7.1.6'],
    extraIsFault: true,
  });
  const result = agents[0]?.results[0];
  if (result?.did !== 'run') throw new Error('the seed cannot be read');
  const good = conformantOutcome('7.1.6');
  const differences = compareOutcomes(good, result.outcome as AutobahnOutcome, good);
  expect(differences.map(({ at }) => at)).toEqual(['remoteCloseCode', 'wasClean']);
  expect(verdictOf(differences)).toBe('regressed');
});

import { performance } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { caseById } from '../../suites/autobahn/cases/index.ts';
import { AnswerTimes } from './answer-times.ts';
import type { PlayedCase } from './case-play.ts';
import { newEndpointFacts } from './endpoint-facts.ts';
import { Suspects } from './suspects.ts';
import { WireLog } from './wire-log.ts';

/** Makes a played case with the fields that the class Suspects reads. */
function played(id: string, facts: { timed?: boolean; lateMs?: number; wasClean?: boolean } = {}): PlayedCase {
  const testCase = caseById(id);
  if (testCase === undefined) throw new Error(`no case ${id}`);
  const { timed = true, lateMs = 0, wasClean = true } = facts;
  const endpoint = { facts: { ...newEndpointFacts(), wasOpen: true, wasClean } };
  return {
    testCase,
    endpoint: endpoint as PlayedCase['endpoint'],
    log: new WireLog(),
    observed: [],
    started: new Date(0),
    durationMs: 1,
    ownVerdict: { behavior: 'FAILED', result: '' },
    trafficStats: null,
    timed,
    lateMs,
    unsteady: null,
  };
}

const ids = (suspects: Suspects) => suspects.list().map(({ testCase }) => testCase.id);

it('suspects a case that a timer decided while the server answered somebody slowly', () => {
  const answers = new AnswerTimes(1);
  const suspects = new Suspects(answers);
  const from = performance.now() - 1000;
  answers.answered(900);
  suspects.add(played('1.1.1'), from);
  suspects.add(played('1.1.2', { timed: false }), from);
  expect(ids(suspects)).toEqual(['1.1.1']);
});

it('suspects no case of a server that answers others in time: its silence is its own', () => {
  const answers = new AnswerTimes(1);
  const suspects = new Suspects(answers);
  const from = performance.now();
  answers.answered(2);
  for (const id of ['1.1.1', '1.1.2']) suspects.add(played(id), from);
  expect(ids(suspects)).toEqual([]);
});

it('suspects cases that waited together while nobody was answered', () => {
  const suspects = new Suspects(new AnswerTimes(1));
  const from = performance.now() - 1000;
  suspects.add(played('1.1.1'), from);
  expect(ids(suspects)).toEqual([]);
  suspects.add(played('1.1.2'), from);
  expect(ids(suspects)).toEqual(['1.1.1', '1.1.2']);
});

it('suspects a case while a timer of this process fired late', () => {
  const answers = new AnswerTimes(1);
  const suspects = new Suspects(answers);
  const from = performance.now() - 1000;
  answers.answered(1);
  suspects.add(played('1.1.1', { lateMs: 600 }), from);
  expect(ids(suspects)).toEqual(['1.1.1']);
});

it('says how the second play differs: in facts, or not at all', () => {
  const suspects = new Suspects(new AnswerTimes(1));
  suspects.add(played('1.1.1'), performance.now() - 1000);
  suspects.add(played('1.1.2'), performance.now() - 1000);
  const [suspect] = suspects.list();
  if (suspect === undefined) throw new Error('no suspect');
  expect(suspects.change(suspect, played('1.1.1'))).toBe(null);
  expect(suspects.unsteady).toEqual([]);
  const informational = new Suspects(new AnswerTimes(1));
  for (const id of ['7.1.6', '7.13.1']) informational.add(played(id), performance.now() - 1000);
  const [first] = informational.list();
  if (first === undefined) throw new Error('no suspect');
  expect(informational.change(first, played('7.1.6', { wasClean: false }))).toBe(
    'beside other cases it ended with other facts than alone (INFORMATIONAL, close INFORMATIONAL both times)',
  );
});

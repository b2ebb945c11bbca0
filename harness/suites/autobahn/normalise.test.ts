import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readResults } from '../../results/read-results.ts';
import { NOT_COMPARED, normalise } from './normalise.ts';
import { AUTOBAHN_FIELDS } from './outcome.ts';
import { autobahn } from './suite.ts';

const recorded = join(import.meta.dirname, '../../../fixtures/recorded/seed');

function seedDetail() {
  const { agents } = readResults(autobahn, recorded, { cases: ['7.1.6'], extraIsFault: false });
  const result = agents[0]?.results[0];
  if (result?.did !== 'run' || result.detail === undefined) throw new Error('the recorded seed cannot be read');
  return result.detail;
}

test('every key of a result is either compared or listed in NOT_COMPARED', () => {
  const listed = [...AUTOBAHN_FIELDS, ...Object.keys(NOT_COMPARED)].sort();
  expect(Object.keys({ ...seedDetail(), playedAgainAlone: true, unsteady: '' }).sort()).toEqual(listed);
});

test('the facts of the recorded seed show its fault, although both grades are INFORMATIONAL', () => {
  expect(normalise(seedDetail())).toMatchObject({
    behavior: 'INFORMATIONAL',
    behaviorClose: 'INFORMATIONAL',
    wasClean: false,
    remoteCloseCode: null,
    received: [{ kind: 'message' }, { kind: 'message', payload: 'Hello World!' }],
  });
});

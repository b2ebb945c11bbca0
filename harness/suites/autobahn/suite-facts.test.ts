import { expect, test } from 'vitest';
import { CLOSE_GRADES, GRADES } from '../../../reports/document/recorded-case.ts';
import { keyFields, outcomeSchemaOf } from '../../../reports/document/suite-facts.ts';
import { sampleSuite } from '../../../reports/testing/sample-suites.ts';
import { suiteFacts } from '../../plan/suite.ts';
import { catalogue, conformantOutcome } from './catalogue.ts';
import { AUTOBAHN_FIELDS } from './outcome.ts';
import { autobahn } from './suite.ts';

const autobahnFacts = suiteFacts(autobahn);

test('suiteFacts describes every field of an outcome, in the same order', () => {
  expect(autobahnFacts.fields.map(({ name }) => name)).toEqual(AUTOBAHN_FIELDS);
  for (const { id } of catalogue)
    expect(outcomeSchemaOf(autobahnFacts).parse(conformantOutcome(id))).toEqual(conformantOutcome(id));
});

test('suiteFacts describes every grade, best first, each with a different letter', () => {
  const { grade, closeGrade, closeCode } = keyFields(autobahnFacts);
  expect(grade?.grades?.map(({ word }) => word)).toEqual(GRADES);
  expect(closeGrade?.grades?.map(({ word }) => word)).toEqual(CLOSE_GRADES);
  expect(closeCode?.name).toBe('remoteCloseCode');
  for (const field of [grade, closeGrade])
    expect(new Set(field?.grades?.map(({ letter }) => letter)).size).toBe(field?.grades?.length);
  expect(grade?.grades?.map(({ letter }) => letter).join('')).toBe('+~i-X');
});

test('the sample reports contain the same facts about the suite', () => {
  expect(sampleSuite).toEqual(autobahnFacts);
});

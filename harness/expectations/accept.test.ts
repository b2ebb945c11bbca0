import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../reports/document/report.ts';
import { matchCases } from '../plan/match-cases.ts';
import { readResults } from '../results/read-results.ts';
import { conformantOutcome, suiteIds } from '../suites/autobahn/catalogue.ts';
import type { AutobahnOutcome } from '../suites/autobahn/outcome.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { readJsonText } from '../support/json-text.ts';
import { applyChanges, emptyExpectationFile, findChanges } from './accept.ts';
import { readExpectations } from './read-expectations.ts';

const read = (text: string) => readExpectations(autobahn, text, 'x.json', '2026-06-01');
const accept = (text: string, outcomes: ReadonlyMap<string, Outcome>, why?: string) =>
  applyChanges(autobahn, text, findChanges(autobahn, outcomes, read(text), why));
const outcome = (id: string, facts: Partial<Outcome>) => new Map([[id, { ...conformantOutcome(id), ...facts }]]);
const emptyFile = emptyExpectationFile(autobahn, 'x');

function recorded(agent: string): Map<string, AutobahnOutcome> {
  const folder = join(import.meta.dirname, '../../fixtures/recorded', agent);
  const { agents } = readResults(autobahn, folder, { cases: suiteIds, extraIsFault: true });
  return new Map(
    (agents[0]?.results ?? []).flatMap((result) =>
      result.did === 'run' ? [[result.id, result.outcome as AutobahnOutcome]] : [],
    ),
  );
}

test('a conformant outcome needs no entry', () => {
  const all = new Map(suiteIds.map((id) => [id, conformantOutcome(id)]));
  expect(findChanges(autobahn, all, read(emptyFile), undefined)).toEqual([]);
});

test('an entry contains only the deviating facts, and reads back as the accepted outcome', () => {
  const accepted = accept(emptyFile, outcome('7.7.2', { remoteCloseCode: 1000 }));
  expect(JSON.parse(accepted).cases).toEqual({ '7.7.2': { remoteCloseCode: 1000 } });
  expect(read(accepted).get('7.7.2')?.outcome.remoteCloseCode).toBe(1000);
});

test.each([
  ['1.1.1', '"cases": {'],
  ['6.4.4', '"6.4.1": {'],
  ['10.1.1', '"9.1.1": {'],
])('the new entry for %s is inserted after the line that insertLine names', (id, line) => {
  const cases = { '6.4.1': { remoteCloseCode: 1001 }, '9.1.1': { remoteCloseCode: 1001 } };
  const before = JSON.stringify({ ...JSON.parse(emptyFile), cases }, null, 2);
  const insertLine = read(before).get(id)?.insertLine ?? 0;
  expect(before.split('\n')[insertLine - 1]?.trim()).toBe(line);
  const after = accept(before, outcome(id, { remoteCloseCode: 1001 })).split('\n');
  expect(after.slice(0, insertLine)).toEqual(before.split('\n').slice(0, insertLine));
  const entries = after.slice(insertLine).filter((text) => /^ {4}"/.test(text));
  expect(entries[0]?.trim()).toBe(`"${id}": {`);
  expect(read(before).get('6.4.1')?.insertLine).toBeUndefined();
});

test('a deviating grade is accepted only with a reason', () => {
  const poor = outcome('6.4.1', { behavior: 'NON-STRICT' });
  expect(() => accept(emptyFile, poor)).toThrow(/cannot be accepted without a reason/);
  expect(JSON.parse(accept(emptyFile, poor, 'checks by message')).cases).toEqual({
    '6.4.1': { behavior: 'NON-STRICT', why: 'checks by message' },
  });
});

test('reasons, comments and order of unchanged entries stay, and a new entry is inserted in numeric order', () => {
  const before = emptyFile.replace(
    '"cases": {}',
    '"cases": {\n    // known since spring\n    "6.4.1": { "behavior": "NON-STRICT", "why": "by message", "issue": "#12" },\n    "10.1.1": { "remoteCloseCode": 1001 }\n  }',
  );
  const after = accept(before, outcome('7.7.2', { remoteCloseCode: 1000 }));
  expect(after).toContain('// known since spring');
  expect([...after.matchAll(/"(\d+\.[\d.]+)":/g)].map(([, id]) => id)).toEqual(['6.4.1', '7.7.2', '10.1.1']);
  const changed = accept(before, outcome('6.4.1', { behavior: 'FAILED' }));
  expect(read(changed).get('6.4.1')).toMatchObject({
    why: 'by message',
    issue: '#12',
    outcome: { behavior: 'FAILED' },
  });
});

test('the entry is removed if the outcome is conformant again', () => {
  const before = accept(emptyFile, outcome('7.7.2', { remoteCloseCode: 1000 }));
  expect(JSON.parse(accept(before, outcome('7.7.2', {}))).cases).toEqual({});
});

test('a conformant case of a section with an entry gets an entry of its own', () => {
  const before = emptyFile.replace(
    '"cases": {}',
    '"cases": { "12.*": { "behavior": "UNIMPLEMENTED", "why": "no deflate" } }',
  );
  const after = accept(before, outcome('12.1.1', {}));
  expect(read(after).get('12.1.1')?.outcome.behavior).toBe('OK');
  expect(read(after).get('12.1.2')?.outcome.behavior).toBe('UNIMPLEMENTED');
});

describe('the entries of a section', () => {
  const NONE = '{ "behavior": "UNIMPLEMENTED", "why": "no deflate" }';
  const file = (cases: string) => emptyFile.replace('"cases": {}', `"cases": {\n    ${cases}\n  }`);
  const casesIn = (text: string) => (readJsonText(text, { comments: true }).value as { cases: object }).cases;
  /** Makes outcomes of all cases of a section. They are what the RFC demands, except for the given facts. */
  const outcomesOf = (section: string, facts: Partial<AutobahnOutcome> = {}) =>
    new Map(matchCases(suiteIds, section).map((id) => [id, { ...conformantOutcome(id), ...facts }]));
  const accepted = (cases: string, outcomes: ReadonlyMap<string, AutobahnOutcome>, why?: string) => {
    const after = accept(file(cases), outcomes, why);
    expect(accept(after, outcomes, why)).toBe(after);
    const expectations = read(after);
    for (const [id, actual] of outcomes) expect(expectations.get(id)?.outcome, id).toEqual(actual);
    return after;
  };

  test('are all removed if the whole section is conformant again', () => {
    const before = `"6.4.*": { "behavior": "NON-STRICT", "why": "by message" },\n    "12.*": ${NONE},\n    "12.1.*": {},\n    "12.2.1": {}`;
    expect(casesIn(accepted(before, outcomesOf('12')))).toEqual({
      '6.4.*': { behavior: 'NON-STRICT', why: 'by message' },
    });
  });

  test('get one exception for a whole subsection that is conformant again', () => {
    const after = accepted(`"12.*": ${NONE}`, outcomesOf('12.1'));
    expect(casesIn(after)).toEqual({ '12.*': JSON.parse(NONE), '12.1.*': {} });
  });

  test('become an entry of the remaining subsection, with the same reason, if most of the section is conformant again', () => {
    const after = accepted(
      `"12.*": ${NONE}`,
      new Map([...outcomesOf('12.1'), ...outcomesOf('12.2'), ...outcomesOf('12.3'), ...outcomesOf('12.4')]),
    );
    expect(casesIn(after)).toEqual({ '12.5.*': JSON.parse(NONE) });
  });

  test('are changed in place, with their comments, if the whole section changes', () => {
    const before = `"12.*": {\n      // see the roadmap\n      "behavior": "UNIMPLEMENTED",\n      "why": "no deflate", // for now\n      "issue": "#7"\n    }`;
    const after = accepted(before, outcomesOf('12', { behavior: 'FAILED', wasClean: false }));
    expect(casesIn(after)).toEqual({
      '12.*': { behavior: 'FAILED', wasClean: false, why: 'no deflate', issue: '#7' },
    });
    expect(after).toMatch(/\/\/ see the roadmap\s+"behavior": "FAILED",[\s\S]*"why": "no deflate", \/\/ for now/);
    expect(after.indexOf('wasClean')).toBeLessThan(after.indexOf('"why"'));
  });

  test('are changed in place and get one entry of a case if one case changes differently', () => {
    const outcomes = outcomesOf('7.7', { remoteCloseCode: 1001 });
    outcomes.set('7.7.2', { ...conformantOutcome('7.7.2'), remoteCloseCode: 1008 });
    const after = accepted('"7.7.*": { "remoteCloseCode": 1000 }', outcomes);
    expect(casesIn(after)).toEqual({ '7.7.*': { remoteCloseCode: 1001 }, '7.7.2': { remoteCloseCode: 1008 } });
  });

  test('lose the entry of a case that is like its section again', () => {
    const after = accepted(
      `"12.*": ${NONE},\n    "12.1.1": { "why": "no deflate" }`,
      outcomesOf('12.1.1', { behavior: 'UNIMPLEMENTED' }),
    );
    expect(casesIn(after)).toEqual({ '12.*': JSON.parse(NONE) });
  });

  test('lose the exception of a subsection if the entry of the section is removed', () => {
    const once = accepted(`"12.*": ${NONE}`, outcomesOf('12.1'));
    expect(casesIn(accept(once, outcomesOf('12')))).toEqual({});
  });

  test('give the same result for a range or a group in place of a section', () => {
    const after = accepted(`"@deflate": ${NONE},\n    "12.1.1-12.1.9": { "wasClean": false }`, outcomesOf('12.1.5'));
    expect(read(after).get('12.1.4')?.outcome).toMatchObject({ behavior: 'OK', wasClean: false });
    expect(read(after).get('12.1.10')?.outcome.behavior).toBe('UNIMPLEMENTED');
  });

  test('expect exactly the accepted outcomes, and keep all other expectations, for any file and any outcomes', () => {
    const someIds = suiteIds.filter((id) => /^(7\.7|12\.[12])\./.test(id));
    const key = fc.constantFrom('7.*', '7.7.*', '12.*', '12.1.*', '12.2.*', '@deflate', '12.1.3-12.1.9', ...someIds);
    const facts = fc.constantFrom<Partial<AutobahnOutcome>>(
      {},
      { wasClean: false },
      { behavior: 'FAILED' },
      { behavior: 'NON-STRICT' },
    );
    const entry = facts.map((deviation) => ({ ...deviation, why: 'a reason' }));
    const newOutcomes = fc.oneof(
      fc.dictionary(fc.constantFrom(...someIds), facts),
      fc.tuple(fc.constantFrom('7.7', '12', '12.1', '12.2'), facts).map(([section, deviation]) => {
        return Object.fromEntries(matchCases(suiteIds, section).map((id) => [id, deviation]));
      }),
    );
    fc.assert(
      fc.property(
        fc.dictionary(key, fc.oneof(entry, fc.constant({})), { maxKeys: 6 }),
        newOutcomes,
        (cases, deviations) => {
          const text = emptyFile.replace('"cases": {}', `"cases": ${JSON.stringify(cases)}`);
          const outcomes = new Map(
            Object.entries(deviations).map(([id, facts]) => [id, { ...conformantOutcome(id), ...facts }]),
          );
          const before = read(text);
          const after = accept(text, outcomes, 'seen');
          const expectations = read(after);
          for (const id of suiteIds)
            expect(expectations.get(id)?.outcome, id).toEqual(outcomes.get(id) ?? before.get(id)?.outcome);
          expect(accept(after, outcomes, 'seen')).toBe(after);
        },
      ),
      { numRuns: 100 },
    );
  });
});

test.each(['ws', 'websocket-node'])(
  'the recorded run of %s is accepted, reads back unchanged, and changes nothing if accepted again',
  (agent) => {
    const outcomes = recorded(agent);
    const accepted = accept(emptyFile, outcomes, 'recorded');
    const expectations = read(accepted);
    for (const [id, actual] of outcomes) expect(expectations.get(id)?.outcome, id).toEqual(actual);
    expect(accept(accepted, outcomes)).toBe(accepted);
  },
);

test('216 cases that fail in the same way, without permessage-deflate, become two entries', () => {
  const { cases } = JSON.parse(accept(emptyFile, recorded('websocket-node'), 'no permessage-deflate'));
  expect(Object.keys(cases)).toContain('12.*');
  expect(Object.keys(cases)).toContain('13.*');
  expect(Object.keys(cases).filter((id) => /^1[23]\./.test(id))).toHaveLength(2);
});

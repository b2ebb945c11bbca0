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
const nothing = emptyExpectationFile(autobahn, 'x');

function recorded(agent: string): Map<string, AutobahnOutcome> {
  const folder = join(import.meta.dirname, '../../fixtures/recorded', agent);
  const { agents } = readResults(autobahn, folder, { cases: suiteIds, extraIsFault: true });
  return new Map(
    (agents[0]?.results ?? []).flatMap((result) =>
      result.did === 'run' ? [[result.id, result.outcome as AutobahnOutcome]] : [],
    ),
  );
}

test('what a conformant server does needs no entry', () => {
  const all = new Map(suiteIds.map((id) => [id, conformantOutcome(id)]));
  expect(findChanges(autobahn, all, read(nothing), undefined)).toEqual([]);
});

test('only what is otherwise is written, and read again it is what was accepted', () => {
  const accepted = accept(nothing, outcome('7.7.2', { remoteCloseCode: 1000 }));
  expect(JSON.parse(accepted).cases).toEqual({ '7.7.2': { remoteCloseCode: 1000 } });
  expect(read(accepted).get('7.7.2')?.outcome.remoteCloseCode).toBe(1000);
});

test.each([
  ['1.1.1', '"cases": {'],
  ['6.4.4', '"6.4.1": {'],
  ['10.1.1', '"9.1.1": {'],
])('an entry for %s is written behind the line that is told of a case without one', (id, line) => {
  const cases = { '6.4.1': { remoteCloseCode: 1001 }, '9.1.1': { remoteCloseCode: 1001 } };
  const before = JSON.stringify({ ...JSON.parse(nothing), cases }, null, 2);
  const told = read(before).get(id)?.insertLine ?? 0;
  expect(before.split('\n')[told - 1]?.trim()).toBe(line);
  const after = accept(before, outcome(id, { remoteCloseCode: 1001 })).split('\n');
  expect(after.slice(0, told)).toEqual(before.split('\n').slice(0, told));
  const entries = after.slice(told).filter((text) => /^ {4}"/.test(text));
  expect(entries[0]?.trim()).toBe(`"${id}": {`);
  expect(read(before).get('6.4.1')?.insertLine).toBeUndefined();
});

test("a grade that is not a conformant server's is accepted with a reason only", () => {
  const poor = outcome('6.4.1', { behavior: 'NON-STRICT' });
  expect(() => accept(nothing, poor)).toThrow(/cannot be accepted without a reason/);
  expect(JSON.parse(accept(nothing, poor, 'checks by message')).cases).toEqual({
    '6.4.1': { behavior: 'NON-STRICT', why: 'checks by message' },
  });
});

test('reasons, comments and the order of what stays are kept; a new entry stands in numeric order', () => {
  const before = nothing.replace(
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

test('an entry goes when the server does what a conformant one does', () => {
  const before = accept(nothing, outcome('7.7.2', { remoteCloseCode: 1000 }));
  expect(JSON.parse(accept(before, outcome('7.7.2', {}))).cases).toEqual({});
});

test("a case below a section's entry that is conformant again says so itself", () => {
  const before = nothing.replace(
    '"cases": {}',
    '"cases": { "12.*": { "behavior": "UNIMPLEMENTED", "why": "no deflate" } }',
  );
  const after = accept(before, outcome('12.1.1', {}));
  expect(read(after).get('12.1.1')?.outcome.behavior).toBe('OK');
  expect(read(after).get('12.1.2')?.outcome.behavior).toBe('UNIMPLEMENTED');
});

describe('of a section, what is written is what a person would write', () => {
  const NONE = '{ "behavior": "UNIMPLEMENTED", "why": "no deflate" }';
  const file = (cases: string) => nothing.replace('"cases": {}', `"cases": {\n    ${cases}\n  }`);
  const casesIn = (text: string) => (readJsonText(text, { comments: true }).value as { cases: object }).cases;
  /** Outcomes of all cases of a section, with the facts in which they are not conformant. */
  const all = (section: string, facts: Partial<AutobahnOutcome> = {}) =>
    new Map(matchCases(suiteIds, section).map((id) => [id, { ...conformantOutcome(id), ...facts }]));
  const accepted = (cases: string, outcomes: ReadonlyMap<string, AutobahnOutcome>, why?: string) => {
    const after = accept(file(cases), outcomes, why);
    expect(accept(after, outcomes, why)).toBe(after);
    const held = read(after);
    for (const [id, actual] of outcomes) expect(held.get(id)?.outcome, id).toEqual(actual);
    return after;
  };

  test('all of it is conformant again: its entry goes, and so do the exceptions from it', () => {
    const before = `"6.4.*": { "behavior": "NON-STRICT", "why": "by message" },\n    "12.*": ${NONE},\n    "12.1.*": {},\n    "12.2.1": {}`;
    expect(casesIn(accepted(before, all('12')))).toEqual({ '6.4.*': { behavior: 'NON-STRICT', why: 'by message' } });
  });

  test('one part of it is conformant again: the part is said in one line, and not case by case', () => {
    const after = accepted(`"12.*": ${NONE}`, all('12.1'));
    expect(casesIn(after)).toEqual({ '12.*': JSON.parse(NONE), '12.1.*': {} });
  });

  test('most of it is conformant again: what is left of it is said, with its reason', () => {
    const after = accepted(
      `"12.*": ${NONE}`,
      new Map([...all('12.1'), ...all('12.2'), ...all('12.3'), ...all('12.4')]),
    );
    expect(casesIn(after)).toEqual({ '12.5.*': JSON.parse(NONE) });
  });

  test('all of it is otherwise: its entry is changed where it stands, and what is written in it stays', () => {
    const before = `"12.*": {\n      // see the roadmap\n      "behavior": "UNIMPLEMENTED",\n      "why": "no deflate", // for now\n      "issue": "#7"\n    }`;
    const after = accepted(before, all('12', { behavior: 'FAILED', wasClean: false }));
    expect(casesIn(after)).toEqual({
      '12.*': { behavior: 'FAILED', wasClean: false, why: 'no deflate', issue: '#7' },
    });
    expect(after).toMatch(/\/\/ see the roadmap\s+"behavior": "FAILED",[\s\S]*"why": "no deflate", \/\/ for now/);
    expect(after.indexOf('wasClean')).toBeLessThan(after.indexOf('"why"'));
  });

  test('all of it is otherwise, one case in another way: the entry is changed, and the case has one of its own', () => {
    const outcomes = all('7.7', { remoteCloseCode: 1001 });
    outcomes.set('7.7.2', { ...conformantOutcome('7.7.2'), remoteCloseCode: 1008 });
    const after = accepted('"7.7.*": { "remoteCloseCode": 1000 }', outcomes);
    expect(casesIn(after)).toEqual({ '7.7.*': { remoteCloseCode: 1001 }, '7.7.2': { remoteCloseCode: 1008 } });
  });

  test('a case is as its section again: its own entry goes', () => {
    const after = accepted(
      `"12.*": ${NONE},\n    "12.1.1": { "why": "no deflate" }`,
      all('12.1.1', { behavior: 'UNIMPLEMENTED' }),
    );
    expect(casesIn(after)).toEqual({ '12.*': JSON.parse(NONE) });
  });

  test('below a section, a part that is conformant says so, and says nothing once the section is gone', () => {
    const once = accepted(`"12.*": ${NONE}`, all('12.1'));
    expect(casesIn(accept(once, all('12')))).toEqual({});
  });

  test('a range and a group give way to the case in them, as a section does', () => {
    const after = accepted(`"@deflate": ${NONE},\n    "12.1.1-12.1.9": { "wasClean": false }`, all('12.1.5'));
    expect(read(after).get('12.1.4')?.outcome).toMatchObject({ behavior: 'OK', wasClean: false });
    expect(read(after).get('12.1.10')?.outcome.behavior).toBe('UNIMPLEMENTED');
  });

  test('whatever is written and whatever happens, it is as accepted afterwards, and all else as before', () => {
    const few = suiteIds.filter((id) => /^(7\.7|12\.[12])\./.test(id));
    const key = fc.constantFrom('7.*', '7.7.*', '12.*', '12.1.*', '12.2.*', '@deflate', '12.1.3-12.1.9', ...few);
    const facts = fc.constantFrom<Partial<AutobahnOutcome>>(
      {},
      { wasClean: false },
      { behavior: 'FAILED' },
      { behavior: 'NON-STRICT' },
    );
    const entry = facts.map((one) => ({ ...one, why: 'so it is' }));
    const happened = fc.oneof(
      fc.dictionary(fc.constantFrom(...few), facts),
      fc.tuple(fc.constantFrom('7.7', '12', '12.1', '12.2'), facts).map(([section, one]) => {
        return Object.fromEntries(matchCases(suiteIds, section).map((id) => [id, one]));
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(entry, fc.constant({})), { maxKeys: 6 }), happened, (cases, what) => {
        const text = nothing.replace('"cases": {}', `"cases": ${JSON.stringify(cases)}`);
        const outcomes = new Map(Object.entries(what).map(([id, one]) => [id, { ...conformantOutcome(id), ...one }]));
        const before = read(text);
        const after = accept(text, outcomes, 'seen');
        const held = read(after);
        for (const id of suiteIds)
          expect(held.get(id)?.outcome, id).toEqual(outcomes.get(id) ?? before.get(id)?.outcome);
        expect(accept(after, outcomes, 'seen')).toBe(after);
      }),
      { numRuns: 100 },
    );
  });
});

test.each(['ws', 'websocket-node'])(
  'the whole recorded run of %s is accepted, read back as it was, and accepting again changes nothing',
  (agent) => {
    const outcomes = recorded(agent);
    const accepted = accept(nothing, outcomes, 'recorded');
    const held = read(accepted);
    for (const [id, actual] of outcomes) expect(held.get(id)?.outcome, id).toEqual(actual);
    expect(accept(accepted, outcomes)).toBe(accepted);
  },
);

test('216 cases that fail alike, since there is no deflate, are two lines and not 216', () => {
  const { cases } = JSON.parse(accept(nothing, recorded('websocket-node'), 'no permessage-deflate'));
  expect(Object.keys(cases)).toContain('12.*');
  expect(Object.keys(cases)).toContain('13.*');
  expect(Object.keys(cases).filter((id) => /^1[23]\./.test(id))).toHaveLength(2);
});

import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Outcome } from '../reports/report.ts';
import { applyChanges, emptyExpectationFile, findChanges } from './accept.ts';
import { conformantOutcome, suiteIds } from './catalogue.ts';
import { readExpectations } from './expected.ts';
import { normalise } from './normalise.ts';
import { readResults } from './results.ts';

const read = (text: string) => readExpectations(text, 'x.json', suiteIds, conformantOutcome, '2026-06-01');
const accept = (text: string, outcomes: ReadonlyMap<string, Outcome>, why?: string) =>
  applyChanges(text, findChanges(outcomes, read(text), conformantOutcome, why), suiteIds);
const outcome = (id: string, facts: Partial<Outcome>) => new Map([[id, { ...conformantOutcome(id), ...facts }]]);
const nothing = emptyExpectationFile('x');

function recorded(agent: string): Map<string, Outcome> {
  const folder = join(import.meta.dirname, '../fixtures/recorded', agent);
  const { agents } = readResults(folder, { cases: suiteIds, suite: suiteIds, extraIsFault: true });
  return new Map(
    (agents[0]?.results ?? []).flatMap((result) =>
      result.did === 'run' ? [[result.detail.id, normalise(result.detail)]] : [],
    ),
  );
}

test('what a conformant server does needs no entry', () => {
  const all = new Map(suiteIds.map((id) => [id, conformantOutcome(id)]));
  expect(findChanges(all, read(nothing), conformantOutcome, undefined)).toEqual([]);
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

test.each(['ws', 'websocket-node'])(
  'the whole recorded run of %s is accepted, read back as it was, and accepting again changes nothing',
  (agent) => {
    const outcomes = recorded(agent);
    const accepted = accept(nothing, outcomes, 'recorded');
    for (const [id, actual] of outcomes) expect(read(accepted).get(id)?.outcome, id).toEqual(actual);
    expect(accept(accepted, outcomes)).toBe(accepted);
  },
);

test('216 cases that fail alike, since there is no deflate, are two lines and not 216', () => {
  const { cases } = JSON.parse(accept(nothing, recorded('websocket-node'), 'no permessage-deflate'));
  expect(Object.keys(cases)).toContain('12.*');
  expect(Object.keys(cases)).toContain('13.*');
  expect(Object.keys(cases).filter((id) => /^1[23]\./.test(id))).toHaveLength(2);
});

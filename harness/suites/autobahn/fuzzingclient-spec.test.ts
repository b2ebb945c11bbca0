import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareCaseIds } from '../../plan/case-id.ts';
import { suiteIds } from './catalogue.ts';
import { readSpec } from './fuzzingclient-spec.ts';

const index = JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/recorded/ws/index.json'), 'utf8'));
const suite = Object.keys(index.ws).sort(compareCaseIds);
const read = (spec: object) => readSpec(JSON.stringify(spec), 'fuzzingclient.json', suite);

test('a stock spec takes all cases, and a comment in it is no error', () => {
  expect(
    read({ outdir: './reports', servers: [], cases: ['*'], 'exclude-cases': [], 'exclude-agent-cases': {} }).cases,
  ).toEqual(suite);
  expect(readSpec('{"cases": ["1.1.1"], // one\n}', 'x', suite).cases).toEqual(['1.1.1']);
});

test('the spec of this repository, which also serves who runs wstest by hand, is the whole suite without a trap', () => {
  const path = join(import.meta.dirname, '../../../fixtures/spec/fuzzingclient.json');
  const text = readFileSync(path, 'utf8');
  expect(readSpec(text, path, suiteIds)).toEqual({ cases: [...suiteIds], warnings: [] });
  // What `ws-conformance serve` says of itself when nothing else is asked for.
  expect(JSON.parse(text).servers).toEqual([{ agent: 'websock server', url: 'ws://127.0.0.1:8888/ws' }]);
});

test('a pattern is matched from the start only, as Autobahn does it, and that is warned of', () => {
  const { cases, warnings } = read({ cases: ['2.1*'] });
  expect(cases).toEqual(['2.1', '2.10', '2.11']);
  expect(warnings).toMatchObject([expect.stringContaining('2.10, 2.11')]);
  expect(read({ cases: ['7.1.*'] }).warnings).toEqual([]);
});

test('an exclusion without effect is warned of: nothing runs in 8 and 11', () => {
  const { cases, warnings } = read({ cases: ['1.*'], 'exclude-cases': ['8.*', '1.2.*'] });
  expect(cases).toHaveLength(8);
  expect(warnings).toMatchObject([expect.stringContaining('"8.*"')]);
});

test('a pattern that matches nothing is warned of, and what is an expression elsewhere is plain text', () => {
  const { cases, warnings } = read({ cases: ['1.1.1', '99.*', '(((*', '1.1.[12]*'] });
  expect(cases).toEqual(['1.1.1']);
  expect(warnings).toMatchObject(['99.*', '(((*', '1.1.[12]*'].map((entry) => expect.stringContaining(`"${entry}"`)));
});

test.each([
  [{ cases: ['7.1.66'] }, /does not exist: "7\.1\.66"/],
  [{ cases: [] }, /cannot be used/],
  [{}, /cannot be used/],
  [{ cases: ['1.1.1'], 'exclude-cases': ['*'] }, /leaves no case/],
])('%j is refused', (spec, what) => {
  expect(() => read(spec)).toThrow(what);
});

test('what is not JSON is refused with its line', () => {
  expect(() => readSpec('{"cases": [', 'x.json', suite)).toThrow(/not JSON/);
});

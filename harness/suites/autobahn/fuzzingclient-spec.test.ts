import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareCaseIds } from '../../plan/case-id.ts';
import { suiteIds } from './catalogue.ts';
import { readSpec } from './fuzzingclient-spec.ts';

const index = JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/recorded/ws/index.json'), 'utf8'));
const suite = Object.keys(index.ws).sort(compareCaseIds);
const read = (spec: object) => readSpec(JSON.stringify(spec), 'fuzzingclient.json', suite);

test('the default spec of Autobahn selects all cases, and a comment in a spec is allowed', () => {
  expect(
    read({ outdir: './reports', servers: [], cases: ['*'], 'exclude-cases': [], 'exclude-agent-cases': {} }).cases,
  ).toEqual(suite);
  expect(readSpec('{"cases": ["1.1.1"], // one\n}', 'x', suite).cases).toEqual(['1.1.1']);
});

test('the spec of this repository selects all cases without a warning', () => {
  const path = join(import.meta.dirname, '../../../fixtures/spec/fuzzingclient.json');
  const text = readFileSync(path, 'utf8');
  expect(readSpec(text, path, suiteIds)).toEqual({ cases: [...suiteIds], warnings: [] });
  // The default server name and address of the command `ws-conformance serve`.
  expect(JSON.parse(text).servers).toEqual([{ agent: 'websock server', url: 'ws://127.0.0.1:8888/ws' }]);
});

test('a pattern matches the start of an id, as in Autobahn, with a warning about other sections', () => {
  const { cases, warnings } = read({ cases: ['2.1*'] });
  expect(cases).toEqual(['2.1', '2.10', '2.11']);
  expect(warnings).toMatchObject([expect.stringContaining('2.10, 2.11')]);
  expect(read({ cases: ['7.1.*'] }).warnings).toEqual([]);
});

test('an exclusion that matches no case gives a warning', () => {
  const { cases, warnings } = read({ cases: ['1.*'], 'exclude-cases': ['8.*', '1.2.*'] });
  expect(cases).toHaveLength(8);
  expect(warnings).toMatchObject([expect.stringContaining('"8.*"')]);
});

test('a pattern that matches no case gives a warning, and characters of regular expressions have no special meaning', () => {
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

test('a text that is not JSON is refused', () => {
  expect(() => readSpec('{"cases": [', 'x.json', suite)).toThrow(/not JSON/);
});

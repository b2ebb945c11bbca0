import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { groups } from '../suites/autobahn/suite.ts';
import { caughtError } from '../testing/thrown-error.ts';
import { compareCaseIds } from './case-id.ts';
import * as matching from './match-cases.ts';

const index = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/recorded/ws/index.json'), 'utf8'));
const all = Object.keys(index.ws).sort(compareCaseIds);
const matchCases = (ids: readonly string[], pattern: string) => matching.matchCases(ids, pattern, groups);
const selectCases = (ids: readonly string[], patterns: readonly string[]) =>
  matching.selectCases(ids, patterns, groups);

test('compareCaseIds compares the parts of ids as numbers', () => {
  expect(['10.1.1', '2.10', '9.8.6', '2.2'].sort(compareCaseIds)).toEqual(['2.2', '2.10', '9.8.6', '10.1.1']);
  expect(all[0]).toBe('1.1.1');
  expect(all.at(-1)).toBe('13.7.18');
});

test.each([
  ['7.1.6', 1],
  ['7.1', 6],
  ['7', 37],
  ['7.1.*', 6],
  ['7.*', 37],
  ['*.1.1', 8],
  ['12.1.1-12.1.9', 9],
  ['12-13', 216],
  ['2.1', 1],
  ['@core', 247],
  ['@limits', 54],
  ['@deflate', 216],
  ['*', 517],
])('"%s" matches %i cases', (pattern, count) => {
  expect(matchCases(all, pattern)).toHaveLength(count);
});

test('a section does not match another section whose number starts with the same digits', () => {
  expect(matchCases(all, '2.1')).toEqual(['2.1']);
  expect(matchCases(all, '7.1').every((id) => id.startsWith('7.1.'))).toBe(true);
  expect(matchCases(all, '1')).toHaveLength(16);
});

test('"!" excludes cases, and a selection of exclusions only starts with all cases', () => {
  expect(selectCases(all, ['!12', '!13', '!9'])).toHaveLength(247);
  expect(selectCases(all, ['7.1', '!7.1.6'])).toEqual(['7.1.1', '7.1.2', '7.1.3', '7.1.4', '7.1.5']);
});

test('a case that two patterns match is selected once, in numeric order', () => {
  expect(selectCases(all, ['2.10', '2.2', '2'])).toEqual(matchCases(all, '2'));
});

test.each([
  ['99.1', /99\.1/, /Did you mean "/],
  ['7.1.66', /7\.1\.66/, /"7\.1\.6"/],
  ['2.1*', /2\.1\*/, /"2\.1"/],
  ['@croe', /@croe/, /"@core"/],
  ['9.8.6-9.8.1', /9\.8\.6-9\.8\.1/, /Did you mean "9\.8\.1-9\.8\.6"/],
  ['7.1.6,7.1.7', /7\.1\.6,7\.1\.7/, /spaces between several patterns: 7\.1\.6 7\.1\.7$/],
  ['bogus', /bogus/, /^"list" prints all cases\.$/],
])('"%s" matches nothing: HarnessError with exit code 2 with the nearest id', (pattern, what, todo) => {
  const { exitCode, problem } = caughtError(() => selectCases(all, [pattern]));
  expect(exitCode).toBe(2);
  expect(problem.what).toMatch(what);
  expect(problem.todo).toMatch(todo);
});

test('a selection whose exclusions leave no case is an error, because an empty run must not pass', () => {
  expect(caughtError(() => selectCases(all, ['7.1.6', '!7'])).exitCode).toBe(2);
});

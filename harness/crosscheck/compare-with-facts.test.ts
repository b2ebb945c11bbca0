import { expect, test } from 'vitest';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { compareWithFacts } from './compare-with-facts.ts';
import { readFactsFile } from './facts-file.ts';
import { recordedCase } from './testing.ts';

const facts = readFactsFile(
  JSON.stringify({
    facts: ['behavior', 'wasClean'],
    cases: { '1.1.1': ['OK', true], '1.1.2': ['OK', true] },
  }),
  'echo.json',
);

/**
 * Runs the comparison with plays in which case 1.1.2 ends cleanly or not.
 * @param cleans for each play, whether the end is clean; the last value counts for all later plays.
 */
async function compare(cleans: readonly (boolean | 'no result')[]) {
  const played: string[] = [];
  const lines: string[] = [];
  let plays = 0;
  const play = async (cases: readonly string[]) => {
    const wasClean = cleans[Math.min(plays++, cleans.length - 1)] ?? true;
    played.push(cases.join(' '));
    const results = cases.flatMap((id): RecordedCase[] => {
      if (id !== '1.1.2') return [recordedCase(id)];
      return wasClean === 'no result' ? [] : [{ ...recordedCase(id), wasClean }];
    });
    return new Map(results.map((detail) => [detail.id, detail]));
  };
  const left = await compareWithFacts('echo', facts, play, (line) => lines.push(line.replace(/in [\d.]+ s/, 'in N s')));
  return { left, played, lines };
}

test('a server with the recorded facts is played once', async () => {
  expect(await compare([true])).toEqual({
    left: 0,
    played: ['1.1.1 1.1.2'],
    lines: [
      'echo: 2 cases in N s, 0 differ from the recorded facts',
      'echo: 0 cases disagree (0 always, 0 only next to other cases), 0 flaky',
    ],
  });
});

test('a case that differs is played ten times alone, and its facts are printed', async () => {
  const { left, played, lines } = await compare([false]);
  expect(left).toBe(1);
  expect(played).toEqual(['1.1.1 1.1.2', ...Array.from({ length: 10 }, () => '1.1.2')]);
  expect(lines).toEqual([
    'echo: 2 cases in N s, 1 differ from the recorded facts',
    'echo: 1.1.2 differs: always (10 of 10 plays alone)',
    '  1.1.2 wasClean: recorded true, native false',
    'echo: 1 cases disagree (1 always, 0 only next to other cases), 0 flaky',
  ]);
});

test('a case that differs only next to other cases disagrees too', async () => {
  const { left, lines } = await compare([false, true]);
  expect(left).toBe(1);
  expect(lines).toContain('echo: 1.1.2 differs: only next to other cases (0 of 10 plays alone)');
});

test('a case with both results alone is flaky, is not counted, and is not played further', async () => {
  const { left, played, lines } = await compare([false, false, true]);
  expect([left, played.length]).toEqual([0, 3]);
  expect(lines).toContain('echo: 1.1.2 differs: flaky (1 of 2 plays alone)');
});

test('if more than 20 cases differ, the others are not played again, and disagree', async () => {
  const ids = suiteIds.slice(0, 22);
  const wrong = { facts: ['behavior'], cases: Object.fromEntries(ids.map((id) => [id, ['FAILED']])) };
  const lines: string[] = [];
  let plays = 0;
  const play = async (cases: readonly string[]) => {
    plays++;
    return new Map(cases.map((id) => [id, recordedCase(id)]));
  };
  const print = (line: string) => lines.push(line);
  expect(await compareWithFacts('echo', readFactsFile(JSON.stringify(wrong), 'echo.json'), play, print)).toBe(22);
  expect(plays).toBe(1 + 20 * 10);
  expect(lines).toContain(`echo: not played again: ${ids.slice(20).join(' ')}`);
});

test('a missing result disagrees', async () => {
  const { left, lines } = await compare(['no result']);
  expect(left).toBe(1);
  expect(lines).toContain('  1.1.2 has a result: recorded true, native false');
});

import { expect, it } from 'vitest';
import { sampleOutcome } from '../testing/sample.ts';
import { alikeComparison } from '../testing/sample-comparison.ts';
import { comparisonLines } from './terminal-comparison.ts';

const plain = { colour: false, unicode: true };

it('prints similar cases as one entry: their number, both grades and their ids', () => {
  const lines = comparisonLines(alikeComparison, plain);
  expect(lines.slice(4, -1)).toEqual([
    '▼ 5 cases worse in B: The 1st event was a binary message “…”, in A a text message “…”.',
    '    1.1.1-1.1.2, 6.4.1-7.1.6',
    expect.stringMatching(/^▼ 2\.4 worse in B: /),
  ]);
  const declined = sampleOutcome({ behavior: 'UNIMPLEMENTED' });
  const cases = alikeComparison.cases.map((compared) => ({
    ...compared,
    b: declined,
    sentence: 'It was not negotiated.',
  }));
  expect(comparisonLines({ ...alikeComparison, cases }, plain)[4]).toBe(
    '▼ 6 cases worse in B, OK → UNIMPLEMENTED: It was not negotiated.',
  );
});

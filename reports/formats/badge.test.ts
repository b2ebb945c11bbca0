import { expect, it } from 'vitest';
import { sampleReport } from '../testing/sample.ts';
import { badge } from './badge.ts';

it.each([
  ['passed', 'RFC 6455: 6/22'],
  ['failed', 'RFC 6455: 6/22, not as expected'],
  ['undecided', 'RFC 6455: 6/22, incomplete'],
] as const)('says in words that a run is %s, and loads nothing from other addresses', (decision, words) => {
  const [file] = [...badge({ ...sampleReport, gate: { ...sampleReport.gate, decision } })];
  expect(file?.path).toBe('badge.svg');
  expect(file?.content).toContain(`<title>${words}</title>`);
  expect(file?.content.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|href|<script/);
});

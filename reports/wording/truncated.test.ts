import { expect, it } from 'vitest';
import type { RecordedCase } from '../document/recorded-case.ts';
import { sampleDetail, sampleOutcome } from '../testing/sample.ts';
import { isTruncated } from './truncated.ts';

const whole: RecordedCase = {
  ...sampleDetail('1.1.1', 'ours', sampleOutcome()),
  wirelog: [
    { row: 'octets', direction: 'out', length: 242, hex: '474554202f ...' },
    { row: 'octets', direction: 'in', length: 4, hex: '880203e8' },
    { row: 'log', on: true },
  ],
};
const cut = `${'*'.repeat(64)} ...`;

it('is true if a payload was cut, the log was off, or the page leaves rows out', () => {
  const frame = { row: 'frame', direction: 'in', opcode: 1, fin: true, rsv: 0, masked: false, mask: null } as const;
  expect(isTruncated(whole)).toBe(false);
  expect(isTruncated({ ...whole, received: [{ kind: 'message', payload: cut, binary: false }] })).toBe(true);
  expect(isTruncated({ ...whole, received: [{ kind: 'timeout', tag: cut }] })).toBe(false);
  expect(isTruncated({ ...whole, wirelog: [{ ...frame, length: 125, payload: cut }] })).toBe(true);
  expect(isTruncated({ ...whole, wirelog: [{ ...frame, length: 3, payload: '...' }] })).toBe(false);
  expect(isTruncated({ ...whole, wirelog: [{ row: 'log', on: false }] })).toBe(true);
  expect(isTruncated({ ...whole, createWirelog: false })).toBe(true);
  const row = { row: 'octets', direction: 'in', length: 1, hex: '00' } as const;
  expect(isTruncated({ ...whole, wirelog: Array(400).fill(row) })).toBe(false);
  expect(isTruncated({ ...whole, wirelog: Array(401).fill(row) })).toBe(true);
});

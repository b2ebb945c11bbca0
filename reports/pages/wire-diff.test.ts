import { describe, expect, it } from 'vitest';
import type { RecordedCase, WireRow } from '../document/recorded-case.ts';
import { sampleDetail, sampleOutcome } from '../testing/sample.ts';
import { diffWire } from './wire-diff.ts';

const detail = (wirelog: readonly WireRow[], droppedByMe = false): RecordedCase => ({
  ...sampleDetail('7.1.6', 'a', sampleOutcome({ droppedByMe })),
  wirelog,
});
const frame = (facts: Partial<Extract<WireRow, { row: 'frame' }>> = {}): WireRow => ({
  row: 'frame',
  direction: 'out',
  length: 2,
  payload: 'Hi',
  opcode: 1,
  fin: true,
  rsv: 0,
  masked: true,
  mask: 'aabbccdd',
  ...facts,
});
const octets = (length: number): WireRow => ({ row: 'octets', direction: 'in', length, hex: '00' });

describe('two wire logs', () => {
  it('are equal if only masks, sizes of reads and writes, and started timers differ', () => {
    const a = detail([frame(), octets(4), frame({ direction: 'in', masked: false, mask: null })]);
    const b = detail([
      frame({ mask: '01020304' }),
      { row: 'timer', timer: 'kill', fired: false, seconds: 1 },
      octets(1),
      octets(3),
      frame({ direction: 'in', masked: false, mask: null }),
    ]);
    expect(diffWire(a, b)).toEqual({ lines: [], leftOut: 0 });
  });

  it('differ first at a frame that only one log has, shown with the lines around it', () => {
    const same = Array.from({ length: 20 }, (_, i) => frame({ payload: `m${i}` }));
    const close = frame({ direction: 'in', opcode: 8, payload: '0x03e8', masked: false, mask: null });
    const { lines, leftOut } = diffWire(detail([...same, close]), detail(same));
    expect(lines.filter((line) => line.first)).toEqual([
      {
        a: { number: 20, text: '← RX 8 close · FIN · len 2 · 1000 (normal closure)' },
        b: null,
        same: false,
        first: true,
      },
    ]);
    expect(lines).toHaveLength(8);
    expect(leftOut).toBe(14);
    expect(lines.at(-1)?.same).toBe(true);
  });

  it('differ if another side dropped TCP, a timer fired, or the server masks', () => {
    const first = (a: RecordedCase, b: RecordedCase) => diffWire(a, b).lines.find((line) => line.first);
    expect(first(detail([]), detail([], true))?.b?.text).toBe('TCP dropped by the fuzzing client');
    expect(first(detail([]), detail([{ row: 'timer', timer: 'kill', fired: true }]))?.b?.text).toBe(
      '◷ kill timer fired',
    );
    const incoming = { direction: 'in', masked: false, mask: null } as const;
    expect(first(detail([frame(incoming)]), detail([frame({ ...incoming, mask: '00000000' })]))?.b?.text).toContain(
      '· masked',
    );
  });
});

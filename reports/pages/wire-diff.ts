import type { RecordedCase, WireRow } from '../document/recorded-case.ts';
import { count, opcodeName } from '../wording/vocabulary.ts';
import { align } from './align.ts';
import { closeText } from './wire.ts';

/** One line of two wire logs that are shown side by side. The numbers are the row numbers in the two logs. */
export interface WireDiffLine {
  a: { number: number; text: string } | null;
  b: { number: number; text: string } | null;
  same: boolean;
  /** Whether this is the first line in which the two wire logs differ. */
  first: boolean;
}

/**
 * The number of lines that a comparison of two wire logs shows before the first difference, and the number after it.
 */
const BEFORE = 6;
const AFTER = 34;

/**
 * Compares two wire logs frame by frame, and keeps only the lines around the first difference. The comparison ignores
 * what differs in every run: masking keys, sizes of reads and writes, and the starts of timers. The result is empty if
 * nothing else differs.
 */
export function diffWire(a: RecordedCase, b: RecordedCase): { lines: WireDiffLine[]; leftOut: number } {
  const pairs = align(framesOf(a), framesOf(b), ({ text }) => text);
  const first = pairs.findIndex(({ same }) => !same);
  if (first === -1) return { lines: [], leftOut: 0 };
  const from = Math.max(0, first - BEFORE);
  const lines = pairs
    .slice(from, first + AFTER)
    .map(({ left, right, same }, i) => ({ a: left, b: right, same, first: from + i === first }));
  return { lines, leftOut: pairs.length - lines.length };
}

function framesOf({ wirelog, droppedByMe }: RecordedCase): { number: number; text: string }[] {
  const rows = wirelog.flatMap((row, number) => {
    const text = frameText(row);
    return text === null ? [] : [{ number, text }];
  });
  return [...rows, { number: wirelog.length, text: `TCP dropped by the ${droppedByMe ? 'fuzzing client' : 'server'}` }];
}

/** Returns the text of a row for the comparison, or null if the comparison ignores the row. */
function frameText(row: WireRow): string | null {
  switch (row.row) {
    case 'frame': {
      const rsv = [row.rsv & 4 && 'RSV1', row.rsv & 2 && 'RSV2', row.rsv & 1 && 'RSV3'].filter((bit) => bit !== 0);
      const bits = [`${row.opcode} ${opcodeName(row.opcode)}`, row.fin ? 'FIN' : 'no FIN', ...rsv];
      const masked = row.masked || row.mask !== null;
      if (masked !== (row.direction === 'out')) bits.push(masked ? 'masked' : 'no mask');
      bits.push(`len ${count(row.repeatLength ?? row.length)}`);
      const closeInWords = closeText(row);
      if (closeInWords !== null) bits.push(closeInWords);
      // If the close reason was recorded only in part, the text also contains the raw payload, because this may be the
      // difference.
      const isComplete = closeInWords !== null && (row.length === 2 || closeInWords.endsWith('”'));
      const payload = row.payload === '' || isComplete ? '' : ` ${row.payload}`;
      return `${row.direction === 'in' ? '← RX' : '→ TX'} ${bits.join(' · ')}${payload}`;
    }
    case 'timer':
      return row.fired ? `◷ ${row.timer} timer fired${row.tag ? ` ${row.tag}` : ''}` : null;
    case 'octets':
    case 'log':
      return null;
  }
}

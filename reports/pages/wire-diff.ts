import type { RecordedCase, WireRow } from '../document/recorded-case.ts';
import { count, opcodeName } from '../wording/vocabulary.ts';
import { align } from './align.ts';
import { closeText } from './wire.ts';

/** One line of two wire logs side by side. The numbers are the row numbers in the two logs. */
export interface WireDiffLine {
  a: { number: number; text: string } | null;
  b: { number: number; text: string } | null;
  same: boolean;
  /** Set for the line where the two logs differ first. */
  first: boolean;
}

/** Number of lines shown before and after the first difference. */
const BEFORE = 6;
const AFTER = 34;

/**
 * Compares two wire logs frame by frame, and keeps the lines around the first difference. Ignores what differs in every
 * run: masking keys, sizes of reads and writes, and started timers. Empty if nothing else differs.
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

/** The text of a row that is compared; null for a row that is not compared. */
function frameText(row: WireRow): string | null {
  switch (row.row) {
    case 'frame': {
      const rsv = [row.rsv & 4 && 'RSV1', row.rsv & 2 && 'RSV2', row.rsv & 1 && 'RSV3'].filter((bit) => bit !== 0);
      const bits = [`${row.opcode} ${opcodeName(row.opcode)}`, row.fin ? 'FIN' : 'no FIN', ...rsv];
      const masked = row.masked || row.mask !== null;
      if (masked !== (row.direction === 'out')) bits.push(masked ? 'masked' : 'no mask');
      bits.push(`len ${count(row.repeatLength ?? row.length)}`);
      const said = closeText(row);
      if (said !== null) bits.push(said);
      // A close reason that is not fully recorded may be the difference.
      const told = said !== null && (row.length === 2 || said.endsWith('”'));
      const payload = row.payload === '' || told ? '' : ` ${row.payload}`;
      return `${row.direction === 'in' ? '← RX' : '→ TX'} ${bits.join(' · ')}${payload}`;
    }
    case 'timer':
      return row.fired ? `◷ ${row.timer} timer fired${row.tag ? ` ${row.tag}` : ''}` : null;
    case 'octets':
    case 'log':
      return null;
  }
}

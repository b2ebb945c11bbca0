import type { RecordedCase, WireRow } from '../document/recorded-case.ts';
import { escapeInvisibleLine } from '../wording/escape-invisible.ts';
import { closeCode } from '../wording/vocabulary.ts';
import { parseHead, takesDeflate } from './handshake.ts';

/** A part of a frame header (RFC 6455 5.2): the bytes of the part as hex, and their meaning. */
export type HeaderPart = readonly [hex: string, meaning: string];

/**
 * What the examination of a wire log adds to one row: the numbers of linked rows, the parts of the frame header, and
 * the rules that the frame breaks.
 */
export interface Insight {
  /**
   * The numbers of the linked rows. A frame is linked to the rows of raw bytes that contain its header. A row of raw
   * bytes is linked to the frames that start in it.
   */
  partners: number[];
  /** The parts of the frame's header. Empty if the first bytes of the frame were not recorded. */
  header: HeaderPart[];
  /**
   * The rules that the frame breaks. Each rule has a text, the RFC section, and the part of the row that breaks the
   * rule.
   */
  faults: Fault[];
}
/** A rule of RFC 6455 that a frame breaks. */
export interface Fault {
  part: 'FIN' | 'RSV' | 'opcode' | 'mask' | 'length' | 'payload' | 'order';
  text: string;
}

type Frame = Extract<WireRow, { row: 'frame' }>;
type Octets = Extract<WireRow, { row: 'octets' }>;

/** Examines a wire log, the list of everything sent and received. Returns one Insight for each row. */
export function examineWire(detail: Pick<RecordedCase, 'wirelog' | 'httpRequest' | 'httpResponse'>): Insight[] {
  const insights = detail.wirelog.map((): Insight => ({ partners: [], header: [], faults: [] }));
  const deflate = takesDeflate(parseHead(detail.httpResponse));
  for (const direction of ['in', 'out'] as const) {
    const head = direction === 'in' ? detail.httpResponse : detail.httpRequest;
    link(detail.wirelog, insights, direction, head === '?' ? 0 : Buffer.byteLength(head, 'latin1'));
    judge(detail.wirelog, insights, direction, deflate);
  }
  return insights;
}

/**
 * Finds the row of raw bytes in which each frame starts. The function counts the bytes of each direction after the
 * handshake, and so knows the position of each frame. It stops where the log was switched off, because later positions
 * are unknown.
 */
function link(
  rows: readonly WireRow[],
  insights: readonly Insight[],
  direction: 'in' | 'out',
  handshake: number,
): void {
  const byteRows: { number: number; from: number; row: Octets }[] = [];
  let end = -handshake;
  let at = 0;
  const frames: { number: number; from: number; row: Frame }[] = [];
  for (const [number, row] of rows.entries()) {
    if (row.row === 'log' && !row.on) break;
    if ((row.row !== 'octets' && row.row !== 'frame') || row.direction !== direction) continue;
    if (row.row === 'octets') {
      byteRows.push({ number, from: end, row });
      end += row.length;
    } else {
      frames.push({ number, from: at, row });
      at += frameSize(row);
    }
  }
  let i = 0;
  for (const frame of frames) {
    while (i < byteRows.length && (byteRows[i]?.from ?? 0) + (byteRows[i]?.row.length ?? 0) <= frame.from) i++;
    const start = byteRows[i];
    if (start === undefined) return;
    insights[frame.number]?.partners.push(start.number);
    insights[start.number]?.partners.push(frame.number);
    const hex = start.row.hex.replace(/ \.\.\.$/, '').slice((frame.from - start.from) * 2);
    insights[frame.number]?.header.push(...headerParts(hex));
  }
}

/** Returns the number of bytes that a frame has on the wire (RFC 6455 5.2). */
function frameSize({ length, repeatLength, masked, mask }: Frame): number {
  const payload = repeatLength ?? length;
  return 2 + (payload > 0xffff ? 8 : payload > 125 ? 2 : 0) + (masked || mask !== null ? 4 : 0) + payload;
}

/** Parses the frame header at the start of `hex`. Returns only the parts whose bytes were recorded. */
export function headerParts(hex: string): HeaderPart[] {
  const first = Number.parseInt(hex.slice(0, 2), 16);
  const second = Number.parseInt(hex.slice(2, 4), 16);
  if (hex.length < 4 || Number.isNaN(first) || Number.isNaN(second)) return [];
  const rsv = [1, 2, 3].filter((bit) => first & (0x80 >> bit)).map((bit) => `RSV${bit}`);
  const flags = [first & 0x80 ? 'FIN' : 'no FIN', ...rsv, `opcode ${first & 15}`].join(', ');
  const short = second & 0x7f;
  const extra = short === 127 ? 8 : short === 126 ? 2 : 0;
  const parts: HeaderPart[] = [
    [hex.slice(0, 2), flags],
    [
      hex.slice(2, 4),
      `${second & 0x80 ? 'masked' : 'no mask'}, length ${extra === 0 ? short : `in ${extra} more bytes`}`,
    ],
  ];
  const mask = 4 + extra * 2;
  if (extra > 0 && hex.length >= mask) parts.push([hex.slice(4, mask), `length ${BigInt(`0x${hex.slice(4, mask)}`)}`]);
  if (second & 0x80 && hex.length >= mask + 8) parts.push([hex.slice(mask, mask + 8), 'masking key']);
  return parts;
}

/** Checks the frames of one direction, in order, against the rules of RFC 6455 section 5. */
function judge(
  rows: readonly WireRow[],
  insights: readonly Insight[],
  direction: 'in' | 'out',
  deflate: boolean,
): void {
  let open = false;
  let closed: number | null = null;
  for (const [number, row] of rows.entries()) {
    if (row.row !== 'frame' || row.direction !== direction) continue;
    const faults = insights[number]?.faults ?? [];
    const control = row.opcode >= 8;
    const payload = row.repeatLength ?? row.length;
    const add = (part: Fault['part'], text: string) => faults.push({ part, text });
    const masked = row.masked || row.mask !== null;
    if (direction === 'in' && masked) add('mask', 'a server must not mask what it sends (RFC 6455 5.1)');
    if (direction === 'out' && !masked) add('mask', 'a client must mask what it sends (RFC 6455 5.1)');
    const odd = ['', 'RSV3 is', 'RSV2 is', 'RSV2 and RSV3 are'][row.rsv & 3];
    if (odd) add('RSV', `${odd} set and nothing negotiated it (RFC 6455 5.2)`);
    if (row.rsv & 4) {
      if (!deflate) add('RSV', 'RSV1 is set and nothing negotiated it (RFC 6455 5.2)');
      else if (control || row.opcode === 0)
        add('RSV', 'RSV1 belongs on the first frame of a data message only (RFC 7692 6.1)');
    }
    if (control) {
      if (row.opcode > 10) add('opcode', `opcode ${row.opcode} is reserved (RFC 6455 5.2)`);
      if (!row.fin) add('FIN', 'a control frame must not be fragmented (RFC 6455 5.5)');
      if (payload > 125) add('length', 'a control frame has at most 125 bytes (RFC 6455 5.5)');
      if (row.opcode === 8) judgeClose(row, add);
    } else {
      if (row.opcode > 2) add('opcode', `opcode ${row.opcode} is reserved (RFC 6455 5.2)`);
      else if (row.opcode === 0 && !open) add('order', 'a continuation frame without a started message (RFC 6455 5.4)');
      else if (row.opcode !== 0 && open) add('order', 'a new message within a fragmented message (RFC 6455 5.4)');
      open = !row.fin;
    }
    if (closed !== null)
      add('order', `it follows the Close frame of row ${closed}, after which no frame is allowed (RFC 6455 5.5.1)`);
    if (row.opcode === 8) closed ??= number;
  }
}

/** Checks the body of a Close frame (RFC 6455 5.5.1, 7.4.1). */
function judgeClose(row: Frame, add: (part: Fault['part'], text: string) => void): void {
  if (row.length === 1)
    add('length', 'the body of a Close frame is empty or starts with a code of two bytes (RFC 6455 5.5.1)');
  const code = closeCodeOf(row);
  if (code !== null && !mayBeSent(code)) add('payload', `close code ${code} must not be on the wire (RFC 6455 7.4)`);
}

/**
 * Reads the close code from the recorded payload of a Close frame. The recorded payload is hex, or text if its bytes
 * are valid UTF-8. Returns null if the close code is unknown.
 */
export function closeCodeOf({ payload, length }: Pick<Frame, 'payload' | 'length'>): number | null {
  if (length < 2) return null;
  const [, hex] = /^0x([0-9a-f]{4})/.exec(payload) ?? [];
  if (hex !== undefined) return Number.parseInt(hex, 16);
  const bytes = Buffer.from(payload.slice(0, 2), 'utf8');
  return bytes.length < 2 ? null : bytes.readUInt16BE(0);
}

/**
 * Describes a Close frame in words, for example `1002 (protocol error)`. The text includes the close reason if the
 * reason was recorded completely and is valid UTF-8.
 */
export function closeText(frame: Pick<Frame, 'opcode' | 'payload' | 'length'>): string | null {
  const code = frame.opcode === 8 ? closeCodeOf(frame) : null;
  if (code === null) return null;
  const reason = reasonOf(frame);
  return `${closeCode(code)}${reason === null || reason === '' ? '' : ` “${escapeInvisibleLine(reason)}”`}`;
}

function reasonOf({ payload, length }: Pick<Frame, 'payload' | 'length'>): string | null {
  const [, hex = ''] = /^0x[0-9a-f]{4}([0-9a-f]*)$/.exec(payload) ?? [];
  if (hex.length !== 2 * (length - 2)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(hex, 'hex'));
  } catch {
    return null;
  }
}

/**
 * Returns whether a Close frame may contain this close code, by RFC 6455 7.4.1 and 7.4.2 and by later registrations.
 */
function mayBeSent(code: number): boolean {
  return (
    (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999)
  );
}

/**
 * Finds the row of the first Close frame that the fuzzing client sent and the server did not answer. null if there is
 * none.
 */
export function unansweredClose(rows: readonly WireRow[]): number | null {
  const isClose = (row: WireRow, direction: 'in' | 'out') =>
    row.row === 'frame' && row.direction === direction && row.opcode === 8;
  const sent = rows.findIndex((row) => isClose(row, 'out'));
  return sent === -1 || rows.some((row) => isClose(row, 'in')) ? null : sent;
}

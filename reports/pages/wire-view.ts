import type { RecordedCase, WireRow } from '../document/recorded-case.ts';
import { WIRE_ROWS_SHOWN } from '../wording/truncated.ts';
import { count, opcodeName } from '../wording/vocabulary.ts';
import { closeText, examineWire, type Fault, type Insight, unansweredClose } from './wire.ts';

/**
 * The number of rows that the page shows at each end of a long wire log. For the rows between, the page shows only
 * their number.
 */
const SHOWN_AT_EACH_END = WIRE_ROWS_SHOWN / 2;
/**
 * The maximum number of rows of a wire log whose headers are explained and whose bytes are all shown. For a longer log,
 * the page shows only the first bytes of each row. Otherwise the page would be too large.
 */
const WHOLE_UP_TO = 50;
/** The maximum number of hex digits that a row of raw bytes shows. Further digits are in a fold. */
const SHORT_HEX = 32;
/** The maximum number of characters of a payload that a long wire log shows. */
const SHORT_PAYLOAD = 40;

/**
 * Makes the values that the page needs for a wire log: numbered rows without the middle of a long log, and a last line
 * that says which side ended the TCP connection.
 */
export function wireView(
  detail: Pick<RecordedCase, 'wirelog' | 'droppedByMe' | 'createWirelog' | 'httpRequest' | 'httpResponse'>,
) {
  const { wirelog, droppedByMe, createWirelog } = detail;
  const left = Math.max(0, wirelog.length - WIRE_ROWS_SHOWN);
  const isShown = (number: number) =>
    left === 0 || number < SHOWN_AT_EACH_END || number >= wirelog.length - SHOWN_AT_EACH_END;
  const insights = examineWire(detail);
  const views = joinedRows(wirelog, insights, isShown).flatMap(({ row, number, writes }) => {
    const insight = insights[number];
    return insight === undefined ? [] : [viewOf(row, number, insight, isShown, wirelog.length, writes)];
  });
  const unanswered = unansweredClose(wirelog);
  return {
    head: left === 0 ? views : views.filter(({ number }) => number < SHOWN_AT_EACH_END),
    leftOut: left === 0 ? null : count(left),
    tail: left === 0 ? [] : views.filter(({ number }) => number >= SHOWN_AT_EACH_END),
    end: droppedByMe ? 'TCP was dropped by the fuzzing client' : 'TCP was dropped by the server',
    endFault: unanswered === null ? null : endFault(unanswered, droppedByMe),
    endNumber: wirelog.length,
    partly: !createWirelog,
    faults:
      views.filter(({ faults, tone }) => tone === 'in' && faults.length > 0).length + (unanswered === null ? 0 : 1),
  };
}

/**
 * Selects the rows of a wire log that the page shows. In a long log, consecutive reads or writes in which no frame
 * starts become one row. A frame that was sent byte by byte is then easier to read.
 */
function joinedRows(wirelog: readonly WireRow[], insights: readonly Insight[], isShown: (number: number) => boolean) {
  const groups: { row: WireRow; number: number; writes: number }[] = [];
  for (const [number, row] of wirelog.entries()) {
    if (!isShown(number)) continue;
    const last = groups.at(-1);
    if (
      wirelog.length > WHOLE_UP_TO &&
      last?.row.row === 'octets' &&
      row.row === 'octets' &&
      last.row.direction === row.direction &&
      last.number + last.writes === number &&
      insights[number]?.partners.length === 0
    ) {
      last.row = { ...last.row, length: last.row.length + row.length, hex: last.row.hex + row.hex };
      last.writes++;
    } else groups.push({ row, number, writes: 1 });
  }
  return groups;
}

/** Describes a broken rule: the server did not answer a Close frame (RFC 6455 5.5.1). */
function endFault(row: number, droppedByMe: boolean) {
  return {
    row,
    text: droppedByMe
      ? 'was not answered: no Close frame came back (RFC 6455 5.5.1)'
      : 'was not answered: the server ended TCP without a Close frame (RFC 6455 5.5.1)',
  };
}

function viewOf(
  row: WireRow,
  number: number,
  insight: Insight,
  isShown: (number: number) => boolean,
  rows: number,
  writes: number,
) {
  const partners = insight.partners.filter(isShown);
  return {
    number,
    ...rowView(row, insight.faults, rows <= WHOLE_UP_TO, writes),
    // If the fuzzing client breaks a rule, it does so on purpose, because the case tests how the server reacts.
    faults: insight.faults.map(({ text }) =>
      row.row === 'frame' && row.direction === 'out' ? `on purpose: ${text}` : `breaks a rule: ${text}`,
    ),
    partners: partners.length === 0 ? null : partners,
    header:
      insight.header.length === 0 || rows > WHOLE_UP_TO
        ? null
        : insight.header.map(([hex, meaning]) => ({ hex, meaning })),
    at: row.atMs === undefined ? null : `+${count(Math.round(row.atMs))} ms`,
  };
}

const bare = { bits: [], payload: null, hex: null, longHex: null };

function rowView(row: WireRow, faults: readonly Fault[], whole: boolean, writes: number) {
  switch (row.row) {
    case 'octets':
      return {
        ...bare,
        ...wayOf(row.direction),
        kind: 'octets',
        what: 'BYTES',
        bits: plain([
          `${count(row.length)} ${row.length === 1 ? 'byte' : 'bytes'}`,
          ...(writes > 1 ? [`in ${count(writes)} ${row.direction === 'in' ? 'reads' : 'writes'}`] : []),
          ...(row.sync ? ['synced'] : []),
        ]),
        hex:
          row.hex === ''
            ? null
            : row.hex.length <= SHORT_HEX
              ? row.hex
              : whole
                ? null
                : `${row.hex.slice(0, SHORT_HEX)} …`,
        longHex: whole && row.hex.length > SHORT_HEX ? hexLines(row.hex) : null,
      };
    case 'frame':
      return {
        ...bare,
        ...wayOf(row.direction),
        kind: null,
        what: 'FRAME',
        bits: frameBits(row, faults),
        payload: row.payload === '' ? null : whole ? row.payload : shortPayload(row.payload),
      };
    case 'timer':
      return {
        ...bare,
        way: '◷ TIMER',
        tone: 'timer',
        kind: 'timers',
        what: timerText(row),
        bits: plain(row.tag ? [`tag ${row.tag}`] : []),
      };
    case 'log':
      return {
        ...bare,
        way: '· LOG',
        tone: 'timer',
        kind: 'log',
        what: row.on ? 'wire log switched on' : 'wire log switched off: the next rows were not recorded',
      };
  }
}

/** Shortens a payload to a number of characters. The function never splits a character. */
function shortPayload(payload: string): string {
  const characters = Array.from(payload);
  return characters.length <= SHORT_PAYLOAD ? payload : `${characters.slice(0, SHORT_PAYLOAD).join('')} …`;
}

function wayOf(direction: 'in' | 'out') {
  return direction === 'in' ? { way: '← RX', tone: 'in' } : { way: '→ TX', tone: 'out' };
}

function plain(texts: readonly string[]) {
  return texts.map((text) => ({ text, bad: false }));
}

/**
 * Lists the parts of a frame in the order of the frame header (RFC 6455 5.2), and marks the parts that break a rule.
 */
function frameBits(row: Extract<WireRow, { row: 'frame' }>, faults: readonly Fault[]) {
  const bad = (part: Fault['part']) => faults.some((fault) => fault.part === part);
  const rsv = [row.rsv & 4 && 'RSV1', row.rsv & 2 && 'RSV2', row.rsv & 1 && 'RSV3'].filter((bit) => bit !== 0);
  const closeInWords = closeText(row);
  const rest = [
    ...(closeInWords === null ? [] : [closeInWords]),
    ...(row.repeatLength !== null && row.repeatLength !== undefined
      ? [`repeated to ${count(row.repeatLength)} bytes`]
      : []),
    ...(row.chop !== null && row.chop !== undefined ? [`written ${count(row.chop)} at a time`] : []),
    ...(row.sync ? ['synced'] : []),
  ];
  return [
    { text: `${row.opcode} ${opcodeName(row.opcode)}`, bad: bad('opcode') || bad('order') },
    { text: row.fin ? 'FIN' : 'no FIN', bad: bad('FIN') },
    ...rsv.map((text) => ({ text, bad: bad('RSV') })),
    { text: `len ${count(row.length)}`, bad: bad('length') || bad('payload') },
    { text: row.mask !== null ? `mask ${row.mask}` : row.masked ? 'masked' : 'no mask', bad: bad('mask') },
    ...plain(rest),
  ];
}

/** Splits hex digits into lines of sixteen bytes. */
function hexLines(hex: string): string {
  const [, digits = '', rest = ''] = /^([0-9a-f]*)([\s\S]*)$/.exec(hex) ?? [];
  return (digits.match(/.{1,32}/g) ?? []).map((line) => line.replace(/(..)(?=.)/g, '$1 ')).join('\n') + rest;
}

function timerText({ timer, fired, seconds }: Extract<WireRow, { row: 'timer' }>): string {
  const after = seconds === undefined ? '' : ` after ${seconds} s`;
  switch (timer) {
    case 'continue':
      return fired ? 'wait over, case continues' : `case waits${seconds === undefined ? '' : ` ${seconds} s`}`;
    case 'kill':
      return fired ? 'timeout: the connection is failed' : `connection will be failed${after}`;
    case 'close':
      return fired ? 'timeout: a Close frame is sent' : `connection will be closed${after}`;
  }
}

import { performance } from 'node:perf_hooks';
import { payloadHex, payloadText } from '../../suites/autobahn/payload-text.ts';
import { type FrameHead, framesIn } from './protocol/wire.ts';
import type { TraceEntry } from './trace.ts';

/**
 * A row of the wire log in the form of Autobahn's result files: its kind (`RO`, `TO`, `RF`, `TF` …), then its values.
 */
export type Row = readonly unknown[];

type TimerRow = ['CT', number, string | null] | ['CTE', string | null] | ['KL' | 'TI', number] | ['KLE'] | ['TIE'];

type Counts = Record<string, number>;

/**
 * The log of everything that one case sends and receives: rows in the order of Autobahn's wire log, the time of each
 * row (which Autobahn does not record), and counts. While the log is off, bytes and frames are counted, but get no
 * rows.
 */
export class WireLog {
  readonly rows: Row[] = [];
  /** Time of each row in milliseconds since the connection was made. */
  readonly times: number[] = [];
  /** Number of reads from the transport, by the length of the read in bytes. */
  readonly rxOctets: Counts = {};
  /** Number of writes to the transport, by the length of the write in bytes. */
  readonly txOctets: Counts = {};
  /** Number of received frames by opcode. */
  readonly rxFrames: Counts = {};
  /** Number of sent frames by opcode. */
  readonly txFrames: Counts = {};
  on = true;
  #start = performance.now();
  readonly #trace: ((entry: TraceEntry) => void) | undefined;

  /** `trace` receives every frame and timer when it happens, even while the log is off. */
  constructor(trace?: (entry: TraceEntry) => void) {
    this.#trace = trace;
  }

  /** Restarts the clock of the rows at zero. */
  restart(): void {
    this.#start = performance.now();
  }

  received(bytes: Buffer): void {
    count(this.rxOctets, bytes.length, 1);
    if (this.on) this.#add(['RO', [bytes.length, payloadHex(bytes)]]);
  }

  wrote(bytes: Buffer, sync: boolean): void {
    count(this.txOctets, bytes.length, 1);
    if (this.on) this.#add(['TO', [bytes.length, payloadHex(bytes)], sync]);
  }

  /** Counts writes of one length without adding rows. Used for messages that were encoded in advance. */
  countWrites(length: number, times: number): void {
    count(this.txOctets, length, times);
  }

  /** Counts sent frames of one opcode without adding rows. Used for messages that were encoded in advance. */
  countFrames(opcode: number, times: number): void {
    count(this.txFrames, opcode, times);
  }

  /** Reports frames that were encoded in advance to the trace, without adding rows to the log. */
  framesSent(bytes: Buffer): void {
    if (this.#trace === undefined) return;
    for (const frame of framesIn(bytes)) this.#trace({ ms: this.#now(), kind: 'frame', from: 'us', ...frame });
  }

  /** Reports a sentence to the trace, without adding a row to the log. `text` is called only if there is a trace. */
  note(text: () => string): void {
    this.#trace?.({ ms: this.#now(), kind: 'note', text: text() });
  }

  frameReceived(head: FrameHead & { length: number }, payload: Buffer, mask: Buffer | null): void {
    count(this.rxFrames, head.opcode, 1);
    this.#trace?.({ ms: this.#now(), kind: 'frame', from: 'peer', head, length: head.length, mask, payload });
    if (!this.on) return;
    this.#add(['RF', shown(payload), head.opcode, head.fin, head.rsv, mask !== null, mask?.toString('hex') ?? null]);
  }

  /** `repeat`: payload bytes on the wire if `payload` is a pattern that is repeated. `chop`: bytes per write. */
  frameSent(
    head: FrameHead,
    payload: Buffer,
    mask: Buffer | null,
    how: { repeat?: number | undefined; chop?: number | undefined; sync: boolean },
  ): void {
    count(this.txFrames, head.opcode, 1);
    const length = how.repeat ?? payload.length;
    this.#trace?.({ ms: this.#now(), kind: 'frame', from: 'us', head, length, mask, payload });
    if (!this.on) return;
    const { repeat = null, chop = null, sync } = how;
    const maskHex = mask?.toString('hex') ?? null;
    this.#add(['TF', shown(payload), head.opcode, head.fin, head.rsv, maskHex, repeat, chop, sync]);
  }

  timer(row: TimerRow): void {
    this.note(() => timerText(row));
    this.#add(row);
  }

  /** Turns the log on or off. A change adds a row to the log. */
  switch(on: boolean): void {
    if (this.on === on) return;
    this.on = on;
    this.#add(['WLM', on]);
  }

  #add(row: Row): void {
    this.rows.push(row);
    this.times.push(this.#now());
  }

  /** Milliseconds since the connection was made, rounded to a microsecond. */
  #now(): number {
    return Math.round((performance.now() - this.#start) * 1000) / 1000;
  }
}

function count(counts: Counts, key: number, times: number): void {
  counts[key] = (counts[key] ?? 0) + times;
}

const shown = (payload: Buffer): [number, string] => [payload.length, payloadText(payload)];

/** Returns a timer of the case as a sentence for the trace. */
function timerText(row: TimerRow): string {
  switch (row[0]) {
    case 'CT':
      return `the case waits ${row[1]} s${row[2] === null ? '' : ` (tick ${row[2]})`}`;
    case 'CTE':
      return `the wait is over${row[1] === null ? '' : ` (tick ${row[1]})`}`;
    case 'KL':
      return `time limit of the case: ${row[1]} s, then it fails the connection`;
    case 'TI':
      return `time limit of the case: ${row[1]} s, then it sends a Close`;
    case 'KLE':
      return 'the time limit has passed: failing the connection';
    case 'TIE':
      return 'the time limit has passed: sending a Close';
  }
}

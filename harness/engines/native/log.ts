import { performance } from 'node:perf_hooks';
import { payloadHex, payloadText } from '../../suites/autobahn/payload-text.ts';
import type { TraceEntry } from './trace.ts';
import { type FrameHead, framesIn } from './wire.ts';

/** A row of the wire log as it stands in the result file; see `../../../docs` and `harness/results/read-results.ts` for each layout. */
export type Row = readonly unknown[];

type TimerRow = ['CT', number, string | null] | ['CTE', string | null] | ['KL' | 'TI', number] | ['KLE'] | ['TIE'];

type Counts = Record<string, number>;

/**
 * What went over the wire in one case: rows in the order of Autobahn's wire log, the time of each (which the original
 * does not have), and counts. Rows of octets and frames are left out while the log is off; counts and timers never are.
 */
export class WireLog {
  readonly rows: Row[] = [];
  /** Milliseconds since the connection was made, one for each row. */
  readonly times: number[] = [];
  readonly rxOctets: Counts = {};
  readonly txOctets: Counts = {};
  readonly rxFrames: Counts = {};
  readonly txFrames: Counts = {};
  on = true;
  #start = performance.now();
  readonly #tell: ((moment: TraceEntry) => void) | undefined;

  /** @param tell hears of every frame and timer at once, also while the log is off. */
  constructor(tell?: (moment: TraceEntry) => void) {
    this.#tell = tell;
  }

  /** Begins the time of the rows anew. */
  restart(): void {
    this.#start = performance.now();
  }

  received(octets: Buffer): void {
    count(this.rxOctets, octets.length, 1);
    if (this.on) this.#add(['RO', [octets.length, payloadHex(octets)]]);
  }

  wrote(octets: Buffer, sync: boolean): void {
    count(this.txOctets, octets.length, 1);
    if (this.on) this.#add(['TO', [octets.length, payloadHex(octets)], sync]);
  }

  /** Counts writes of one length without a row each: for messages that were encoded beforehand. */
  countWrites(length: number, times: number): void {
    count(this.txOctets, length, times);
  }

  countFrames(opcode: number, times: number): void {
    count(this.txFrames, opcode, times);
  }

  /** Tells whoever traces of frames that were encoded beforehand; they leave no row. */
  framesSent(octets: Buffer): void {
    if (this.#tell === undefined) return;
    for (const frame of framesIn(octets)) this.#tell({ ms: this.#now(), kind: 'frame', from: 'us', ...frame });
  }

  /** Tells whoever traces; it leaves no row. The text is a function since it is seldom wanted. */
  note(text: () => string): void {
    this.#tell?.({ ms: this.#now(), kind: 'note', text: text() });
  }

  frameReceived(head: FrameHead & { length: number }, payload: Buffer, mask: Buffer | null): void {
    count(this.rxFrames, head.opcode, 1);
    this.#tell?.({ ms: this.#now(), kind: 'frame', from: 'server', head, length: head.length, mask, payload });
    if (!this.on) return;
    this.#add(['RF', shown(payload), head.opcode, head.fin, head.rsv, mask !== null, mask?.toString('hex') ?? null]);
  }

  /** `repeat`: octets on the wire where `payload` is a pattern; `chop`: octets per write. */
  frameSent(
    head: FrameHead,
    payload: Buffer,
    mask: Buffer,
    how: { repeat?: number | undefined; chop?: number | undefined; sync: boolean },
  ): void {
    count(this.txFrames, head.opcode, 1);
    const length = how.repeat ?? payload.length;
    this.#tell?.({ ms: this.#now(), kind: 'frame', from: 'us', head, length, mask, payload });
    if (!this.on) return;
    const { repeat = null, chop = null, sync } = how;
    this.#add(['TF', shown(payload), head.opcode, head.fin, head.rsv, mask.toString('hex'), repeat, chop, sync]);
  }

  timer(row: TimerRow): void {
    this.note(() => timerText(row));
    this.#add(row);
  }

  /** Turns the log on or off and says so in a row, if that changes anything. */
  switch(on: boolean): void {
    if (this.on === on) return;
    this.on = on;
    this.#add(['WLM', on]);
  }

  #add(row: Row): void {
    this.rows.push(row);
    this.times.push(this.#now());
  }

  /** Milliseconds since the connection was made, to the microsecond. */
  #now(): number {
    return Math.round((performance.now() - this.#start) * 1000) / 1000;
  }
}

function count(counts: Counts, key: number, times: number): void {
  counts[key] = (counts[key] ?? 0) + times;
}

const shown = (payload: Buffer): [number, string] => [payload.length, payloadText(payload)];

/** A timer of the case in words; those of the handshakes leave no row, and are told where they ring. */
function timerText(row: TimerRow): string {
  switch (row[0]) {
    case 'CT':
      return `the case waits ${row[1]} s${row[2] === null ? '' : ` (tick ${row[2]})`}`;
    case 'CTE':
      return `the wait is over${row[1] === null ? '' : ` (tick ${row[1]})`}`;
    case 'KL':
      return `in ${row[1]} s the connection will be failed`;
    case 'TI':
      return `in ${row[1]} s a Close will be sent`;
    case 'KLE':
      return 'the time is up: the connection is failed';
    case 'TIE':
      return 'the time is up: a Close is sent';
  }
}

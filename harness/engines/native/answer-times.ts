import { performance } from 'node:perf_hooks';

/** A span of time, in milliseconds of `performance.now()`. */
export interface Span {
  from: number;
  to: number;
}

const overlap = (one: Span, other: Span): boolean => one.from < other.to && other.from < one.to;

/**
 * Seconds after which an answer counts as slow: less than half of the shortest time limit of a case, which is one second.
 * As long as nobody waits longer, no time limit of a case passes because of the load.
 */
const SLOW_SECONDS = 0.4;

/** Seconds before the end of a wait in which an answer to somebody shows that the server was not too busy to answer. */
const WITNESS_SECONDS = 0.5;

/**
 * How long the server takes to answer: its opening handshakes, its echoes, and its Close frames. The times show whether the
 * server, and the machine, can take the cases that are played at the same time.
 */
export class AnswerTimes {
  readonly #slowMs: number;
  readonly #slow: Span[] = [];
  /** The tenths of a second, since the process started, in which the server has answered in time. */
  readonly #inTime = new Set<number>();
  #longestMs = 0;
  #aloneMs = 0;

  /** `second`: time scale of the time limits of all cases. */
  constructor(second: number) {
    this.#slowMs = SLOW_SECONDS * second * 1000;
  }

  /** Records that the server has answered just now, after `ms` milliseconds. Returns whether the answer was slow. */
  answered(ms: number): boolean {
    this.#longestMs = Math.max(this.#longestMs, ms);
    const slow = this.#record(ms);
    if (!slow) this.#inTime.add(Math.floor(performance.now() / 100));
    return slow;
  }

  /** Records that a timer of this process has fired just now, `ms` milliseconds too late. */
  firedLate(ms: number): void {
    this.#record(ms);
  }

  /** A timer is trusted if the server has answered somebody within so many milliseconds before the timer fired. */
  get witnessMs(): number {
    return WITNESS_SECONDS * (this.#slowMs / SLOW_SECONDS);
  }

  /** The longest answer so far, in milliseconds; 0 before the first answer. */
  get longestMs(): number {
    return this.#longestMs;
  }

  /** Whether any answer has been slow in this time. */
  wereSlow(during: Span): boolean {
    return this.#slow.some((span) => overlap(span, during));
  }

  /** Whether any answer has come in time in this time. */
  wereInTime({ from, to }: Span): boolean {
    for (let tenth = Math.floor(from / 100); tenth <= to / 100; tenth++) if (this.#inTime.has(tenth)) return true;
    return false;
  }

  /** Takes the longest answer so far for the answer of a server that is not busy. */
  endAlone(): void {
    this.#aloneMs = this.#longestMs;
  }

  /** The longest answer of the server while only one case was played, in milliseconds. */
  get aloneMs(): number {
    return this.#aloneMs;
  }

  /** Whether the server needs a quarter of a slow answer even if only one case is played. */
  get isServerSlow(): boolean {
    return this.#aloneMs > this.#slowMs / 4;
  }

  #record(ms: number): boolean {
    if (ms <= this.#slowMs) return false;
    const to = performance.now();
    this.#slow.push({ from: to - ms, to });
    return true;
  }
}

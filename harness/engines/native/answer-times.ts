import { performance } from 'node:perf_hooks';

/** A span of time, in milliseconds of `performance.now()`. */
export interface Span {
  from: number;
  to: number;
}

const overlap = (one: Span, other: Span): boolean => one.from < other.to && other.from < one.to;

/**
 * Seconds after which an answer counts as slow. The limit is less than half of one second, the shortest time limit of a
 * case. If all answers are faster, no time limit of a case passes only because the server is busy.
 */
const SLOW_SECONDS = 0.4;

/**
 * A wait is believed if the server has answered any case within this many seconds before the wait ended. Such an answer
 * shows that the server was not too busy to answer.
 */
const WITNESS_SECONDS = 0.5;

/**
 * Records how long the server takes to answer: its opening handshakes, its echoes, and its Close frames. The times show
 * whether the server and the machine are fast enough for the number of cases that are played at the same time.
 */
export class AnswerTimes {
  readonly #slowMs: number;
  readonly #slow: Span[] = [];
  /**
   * The times at which the server has answered quickly enough. Each time is a number of tenths of a second since the
   * process started.
   */
  readonly #inTime = new Set<number>();
  #longestMs = 0;
  #aloneMs = 0;

  /** `second`: the time scale. All time limits are multiplied by it: 1 in a real run, less in tests, which are faster then. */
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

  /**
   * Records that a timer of this process has fired just now, `ms` milliseconds too late. Such a delay counts like a
   * slow answer.
   */
  firedLate(ms: number): void {
    this.#record(ms);
  }

  /** A timer is trusted if the server has answered any case within this many milliseconds before the timer fired. */
  get witnessMs(): number {
    return WITNESS_SECONDS * (this.#slowMs / SLOW_SECONDS);
  }

  /** The longest answer time of the server so far, in milliseconds; 0 before the first answer. */
  get longestMs(): number {
    return this.#longestMs;
  }

  /** Whether any slow answer overlaps this span of time. */
  wereSlow(during: Span): boolean {
    return this.#slow.some((span) => overlap(span, during));
  }

  /** Whether any answer has arrived in time during this span. */
  wereInTime({ from, to }: Span): boolean {
    for (let tenth = Math.floor(from / 100); tenth <= to / 100; tenth++) if (this.#inTime.has(tenth)) return true;
    return false;
  }

  /**
   * Ends the phase in which only one case is played. The longest answer time so far then counts as that of a server
   * that is not busy.
   */
  endAlone(): void {
    this.#aloneMs = this.#longestMs;
  }

  /** The longest answer time of the server while only one case was played, in milliseconds. */
  get aloneMs(): number {
    return this.#aloneMs;
  }

  /**
   * Whether the server is slow by itself: with only one case at a time, an answer took more than a quarter of the time
   * after which it counts as slow.
   */
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

/**
 * Minimum number of milliseconds for which a started case counts as busy. After that, the case probably only waits, and
 * the next case may start.
 */
const LEAST_BUSY_MS = 50;
/** A case counts as busy for this many times the longest answer time of the server. */
const ANSWERS_OF_A_CASE = 3;
/** After this many answers in time for each case that runs at the same time, one more case may run at the same time. */
const ANSWERS_BEFORE_MORE = 2;

/**
 * Controls how many cases are played at the same time. The number starts at the maximum that the user allows. A slow
 * answer halves the number, and answers in time raise it again. In this way the server is not given more work than it
 * can do within the time limits of the cases.
 */
export class Pace {
  readonly #most: number;
  #atOnce: number;
  #inTime = 0;
  /**
   * `performance.now()` when the number was last halved. Slow answers that were already under way then do not halve it
   * again.
   */
  #halvedAt = 0;

  constructor(most: number) {
    this.#most = most;
    this.#atOnce = most;
  }

  /** How many busy cases may be played at the same time: from 1 to the maximum that the user allows. */
  get atOnce(): number {
    return this.#atOnce;
  }

  /**
   * How long a started case counts as busy, in milliseconds. `aloneMs` is the time of an answer while only one case is
   * played.
   */
  busyMs(aloneMs: number): number {
    return Math.max(LEAST_BUSY_MS, ANSWERS_OF_A_CASE * aloneMs);
  }

  /** Takes note of an answer that arrived at `now` and took `ms` milliseconds. */
  answered(slow: boolean, ms: number, now: number): void {
    if (!slow) {
      if (++this.#inTime < ANSWERS_BEFORE_MORE * this.#atOnce || this.#atOnce >= this.#most) return;
      this.#inTime = 0;
      this.#atOnce++;
      return;
    }
    if (now - ms < this.#halvedAt) return;
    this.#halvedAt = now;
    this.#inTime = 0;
    this.#atOnce = Math.max(1, this.#atOnce >> 1);
  }
}

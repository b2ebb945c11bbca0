/** Milliseconds after which a case that has not ended, and probably waits, lets the next case start: at least so long. */
const LEAST_BUSY_MS = 50;
/** A case counts as busy for so many times the longest answer of the server. */
const ANSWERS_OF_A_CASE = 3;
/** Number of answers in time, for each case that is played at the same time, after which one more case is played. */
const ANSWERS_BEFORE_MORE = 2;

/**
 * How many cases are played at the same time. The pace starts with the most that the user allows. A slow answer halves it,
 * answers in time raise it again: the server gets no more at once than it can take in the time that the cases allow.
 */
export class Pace {
  readonly #most: number;
  #atOnce: number;
  #inTime = 0;
  /** `performance.now()` when the pace was last halved: answers that were under way by then say nothing new. */
  #halvedAt = 0;

  constructor(most: number) {
    this.#most = most;
    this.#atOnce = most;
  }

  /** How many busy cases may be played at the same time: from 1 to the most. */
  get atOnce(): number {
    return this.#atOnce;
  }

  /**
   * How long a case that has not ended counts as busy, in milliseconds. `aloneMs` is how long an answer takes while only one case is
   * played.
   */
  busyMs(aloneMs: number): number {
    return Math.max(LEAST_BUSY_MS, ANSWERS_OF_A_CASE * aloneMs);
  }

  /** Takes an answer that began `ms` before `now`. */
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

import { FIRST_READ_BYTES, MAX_READ_BYTES } from './shared-read-buffer.ts';

/**
 * Time that full reads of all connections may take in one turn of the event loop. Further reads wait for the next turn.
 */
const MAX_TURN_MS = 4;

/** In a turn that took too long, each connection whose read took longer than this gets half the read size. */
const EXPENSIVE_READ_MS = 0.25;

/** Smallest read size of a throttled connection. */
const MIN_READ_BYTES = 4 * 1024;

/** In a turn that did not take too long, each connection whose read took less than this gets twice the read size. */
const CHEAP_READ_MS = 1;

/** Adds up the time that the full reads of all connections take in one turn of the event loop. */
export class TurnBudget {
  #usedMs = 0;
  #resetScheduled = false;

  /** Adds the duration of one read. @returns the total of the current turn in milliseconds. */
  add(ms: number): number {
    if (!this.#resetScheduled) {
      this.#resetScheduled = true;
      setImmediate(this.#reset);
    }
    this.#usedMs += ms;
    return this.#usedMs;
  }

  readonly #reset = (): void => {
    this.#resetScheduled = false;
    this.#usedMs = 0;
  };
}

const processBudget = new TurnBudget();

/**
 * Limits how much one connection reads at a time, so that other connections get their turn. libuv reads again at once
 * while more data waits. A flood of tiny frames, or of messages that inflate to a thousand times their size, would
 * otherwise block all other connections, and fifty floods would block them fifty times as long. A connection whose
 * reads are cheap keeps large reads.
 */
export class ReadThrottle {
  /** Largest number of bytes that the next read may bring. */
  maxBytes = FIRST_READ_BYTES;
  readonly #budget: TurnBudget;

  /** @param budget by default the budget that all connections of the process share. */
  constructor(budget: TurnBudget = processBudget) {
    this.#budget = budget;
  }

  /**
   * Records a read that brought `maxBytes`, so that more data probably waits, and adjusts `maxBytes`.
   *
   * @param tookMs how long the work on this read took.
   * @returns true if the connection must pause until the next turn of the event loop.
   */
  recordFullRead(tookMs: number): boolean {
    const turnMs = this.#budget.add(tookMs);
    const exceeded = turnMs > MAX_TURN_MS;
    if (exceeded && tookMs > EXPENSIVE_READ_MS) this.maxBytes = Math.max(MIN_READ_BYTES, this.maxBytes / 2);
    else if (!exceeded && tookMs < CHEAP_READ_MS) this.maxBytes = Math.min(MAX_READ_BYTES, this.maxBytes * 2);
    return exceeded;
  }
}

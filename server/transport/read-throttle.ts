import { FIRST_READ_BYTES, MAX_READ_BYTES } from './shared-read-buffer.ts';

/**
 * Time that full reads (reads that return `maxBytes` bytes) of all connections may take together in one turn of the
 * event loop. Further reads wait for the next turn.
 */
const MAX_TURN_MS = 4;

/**
 * If the reads of a turn took too long together, a connection whose own read took longer than this gets half the read
 * size.
 */
const EXPENSIVE_READ_MS = 0.25;

/** Smallest read size that a connection can get when its reads take too long. */
const MIN_READ_BYTES = 4 * 1024;

/**
 * If the reads of a turn did not take too long, a connection whose own read took less than this gets twice the read
 * size.
 */
const CHEAP_READ_MS = 1;

/**
 * Adds up the time that the full reads (reads that return the maximum size) of all connections take in one turn of the
 * event loop.
 */
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
 * Limits how much one connection reads at a time, and gives other connections their turn. libuv, the I/O library of
 * Node, reads again at once while more data waits. Without this limit a flood of tiny frames, or of messages that
 * inflate to a thousand times their size, would block all other connections. Fifty floods would block them fifty times
 * as long. A connection keeps large reads if its reads take little time.
 */
export class ReadThrottle {
  /** Largest number of bytes that the next read may return. */
  maxBytes = FIRST_READ_BYTES;
  readonly #budget: TurnBudget;

  /** @param budget the time measurement; by default all connections of the process share one. */
  constructor(budget: TurnBudget = processBudget) {
    this.#budget = budget;
  }

  /**
   * Records a read that returned `maxBytes` bytes and adjusts `maxBytes`. After a read of this size more data probably
   * waits.
   *
   * @param tookMs how long the server worked on this read.
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

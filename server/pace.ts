import { FIRST_READ_BYTES, READ_BYTES } from './lent-reads.ts';

/** Reads that took this long, one or several running, let others have their turn before the next. */
const LONG_READ_MS = 4;

/** What one that took as long by itself brings is halved each time, down to this, and doubled again where they take a quarter of that. */
const LEAST_READ_BYTES = 16 * 1024;

/**
 * How much a connection may read at a time, and when it has read enough for now. libuv reads again at once while there
 * is more, so a flood of tiny frames, or of messages that inflate to a thousand times their size, would keep everybody
 * else waiting.
 */
export class Pace {
  /** The next read brings at most so many octets. */
  mostBytes = FIRST_READ_BYTES;
  /** What full reads took since others had their turn. */
  #busyMs = 0;

  /** A read brought all it could, and took so long; more is likely to wait. @returns whether it is the turn of others. */
  full(tookMs: number): boolean {
    if (tookMs > LONG_READ_MS) this.mostBytes = Math.max(LEAST_READ_BYTES, this.mostBytes / 2);
    else if (tookMs < LONG_READ_MS / 4) this.mostBytes = Math.min(READ_BYTES, this.mostBytes * 2);
    this.#busyMs += tookMs;
    if (this.#busyMs <= LONG_READ_MS) return false;
    this.#busyMs = 0;
    return true;
  }

  /** A read brought less than it could: the socket has no more. */
  empty(): void {
    this.#busyMs = 0;
  }
}

import { FIRST_READ_BYTES, READ_BYTES } from './shared-read-buffer.ts';

/** Full reads that took this long, of all connections in one turn of the event loop, are enough for that turn. */
const LONG_MS = 4;

/** In a turn that took too long, what a read brings that took longer than this is halved, down to `LEAST_READ_BYTES`. */
const DEAR_MS = 0.25;

const LEAST_READ_BYTES = 4 * 1024;

/** What a read brings that took less than this, in a turn that did not take too long, is doubled. */
const CHEAP_MS = 1;

/** What the full reads of all connections took in this turn of the event loop. */
export class TurnBudget {
  #busyMs = 0;
  #ending = false;

  /** One more took so long. @returns what all took. */
  spend(ms: number): number {
    if (!this.#ending) {
      this.#ending = true;
      setImmediate(this.#end);
    }
    this.#busyMs += ms;
    return this.#busyMs;
  }

  readonly #end = (): void => {
    this.#ending = false;
    this.#busyMs = 0;
  };
}

const turn = new TurnBudget();

/**
 * How much a connection may read at a time, and when it has read enough for now. libuv reads again at once while there
 * is more, so a flood of tiny frames, or of messages that inflate to a thousand times their size, would keep everybody
 * else waiting, and fifty such floods fifty times as long. Who reads much at little cost goes on doing so among them.
 */
export class ReadThrottle {
  /** The next read brings at most so many octets. */
  mostBytes = FIRST_READ_BYTES;
  readonly #turn: TurnBudget;

  /** @param shared by all connections of the process. */
  constructor(shared: TurnBudget = turn) {
    this.#turn = shared;
  }

  /** A read brought all it could, and took so long; more is likely to wait. @returns whether it is the turn of others. */
  full(tookMs: number): boolean {
    const allMs = this.#turn.spend(tookMs);
    const long = allMs > LONG_MS;
    if (long && tookMs > DEAR_MS) this.mostBytes = Math.max(LEAST_READ_BYTES, this.mostBytes / 2);
    else if (!long && tookMs < CHEAP_MS) this.mostBytes = Math.min(READ_BYTES, this.mostBytes * 2);
    return long;
  }
}

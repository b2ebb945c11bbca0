import { performance } from 'node:perf_hooks';

/**
 * How long an endpoint and a case wait, in seconds. The defaults are Autobahn's, except `afterServerClose` and
 * `silence`.
 */
export interface Timeouts {
  /** Time limit for the opening handshake. */
  openHandshake: number;
  /** Time limit for the answer to our Close. */
  closeHandshake: number;
  /** Time limit for the server to end TCP, if we sent the first Close and the server has answered. */
  serverDrop: number;
  /** Time limit for the server to end TCP, if the server sent the first Close. Autobahn waits without limit. */
  afterServerClose: number;
  /**
   * Time without any byte from the server after which a case ends early, as if its whole time had passed. Used in the
   * cases that wait up to 1,000 s. Autobahn always waits the whole time.
   */
  silence: number;
  /** Factor for all waits: 1 for real seconds, 0.1 for waits that are ten times shorter (in tests). */
  second: number;
}

export const TIMEOUTS: Timeouts = {
  openHandshake: 5,
  closeHandshake: 1,
  serverDrop: 1,
  afterServerClose: 10,
  silence: 30,
  second: 1,
};

/** A callback that will be called later, unless it is cancelled. */
export interface Timer {
  cancel(): void;
}

/** Starts, counts and cancels the timers of one connection. */
export class Timers {
  readonly #second: number;
  readonly #timeouts = new Set<NodeJS.Timeout>();
  #lateMs = 0;

  /** `second`: factor for all waits; 0.1 makes each wait ten times shorter. */
  constructor(second: number) {
    this.#second = second;
  }

  /** Milliseconds between the due time of a timer and its call: the most so far. They show how busy this process was. */
  get lateMs(): number {
    return this.#lateMs;
  }

  /**
   * Calls `callback` after `seconds`, unless the timer is cancelled. Timers of equal delay fire in the order in which
   * they were made. Bytes that have already arrived are read before the call: they arrived in time, and this process
   * was too busy to read them earlier.
   */
  after(seconds: number, callback: () => void): Timer {
    let cancelled = false;
    const ms = seconds * this.#second * 1000;
    const due = performance.now() + ms;
    const timeout = setTimeout(() => {
      this.#timeouts.delete(timeout);
      this.#lateMs = Math.max(this.#lateMs, performance.now() - due);
      setImmediate(() => {
        if (!cancelled) callback();
      });
    }, ms);
    this.#timeouts.add(timeout);
    return {
      cancel() {
        cancelled = true;
      },
    };
  }

  /**
   * Cancels all timers. If a timer has already fired and its callback only waits for the end of the present turn of the
   * event loop, the callback is still called.
   */
  clear(): void {
    for (const timeout of this.#timeouts) clearTimeout(timeout);
    this.#timeouts.clear();
  }
}

/**
 * How a frame is written. `chop`: bytes per write, if the frame is split; `sync`: whether the frame gets a write of its
 * own.
 */
export interface WriteMode {
  chop?: number | undefined;
  sync?: boolean | undefined;
}

/** The connection to which a WriteQueue writes. */
export interface WriteTarget {
  write(bytes: Buffer, sync: boolean): void;
  /** Whether queued bytes are discarded, because the connection has ended. */
  readonly closed: boolean;
  /** Whether received bytes are being processed at this moment. */
  readonly reading: boolean;
}

/**
 * Writes frames in the pieces that a case asks for. A frame without special wishes is written immediately, and all
 * writes of one turn of the event loop are sent together. Queued pieces are written one per turn, so each of them is a
 * separate write.
 *
 * There is one exception, which Autobahn has too: if the queue starts while received bytes are processed, its first two
 * pieces are sent together. Grades depend on this (case 3.3), because servers react differently to one segment and to
 * two.
 */
export class WriteQueue {
  readonly #target: WriteTarget;
  #queue: { bytes: Buffer; sync: boolean }[] = [];
  /** Number of elements at the front of the queue that have been written. */
  #written = 0;
  #draining = false;
  /**
   * True after the queue has written its first piece while received bytes were processed, until the next piece is
   * written.
   */
  #startedInRead = false;

  constructor(target: WriteTarget) {
    this.#target = target;
  }

  /**
   * Writes bytes immediately. Queues them instead if they must be split, if they need a write of their own, or if the
   * queue is not empty.
   */
  send(bytes: Buffer, { chop, sync = false }: WriteMode = {}): void {
    if (chop !== undefined) {
      for (let start = 0; start < bytes.length; start += chop)
        this.#queue.push({ bytes: bytes.subarray(start, start + chop), sync: true });
      this.#drain();
    } else if (sync || this.#queue.length > 0) {
      this.#queue.push({ bytes, sync });
      this.#drain();
    } else this.#target.write(bytes, false);
  }

  /**
   * Must be called each time received bytes have been processed. If the queue wrote its first piece during that time,
   * writes the second piece now.
   */
  readHandled(): void {
    if (this.#startedInRead) this.#writeNext();
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#startedInRead = this.#target.reading;
    this.#writeOne();
    if (!this.#startedInRead) this.#continueNextTurn();
  }

  #writeNext(): void {
    this.#startedInRead = false;
    if (this.#writeOne()) this.#continueNextTurn();
  }

  #continueNextTurn(): void {
    setImmediate(() => this.#writeNext());
  }

  /** Writes the next piece. If no piece is left, stops the queue and returns false. */
  #writeOne(): boolean {
    const next = this.#queue[this.#written];
    if (next === undefined) {
      this.#draining = false;
      return false;
    }
    this.#written++;
    // Empty the queue before the last piece is written: bytes that follow in the same event-loop turn are then written
    // directly, and not queued.
    if (this.#written === this.#queue.length) {
      this.#queue = [];
      this.#written = 0;
    }
    if (!this.#target.closed) this.#target.write(next.bytes, next.sync);
    return true;
  }
}

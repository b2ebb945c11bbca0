/** How a frame is written. `chop`: bytes per write; `sync`: the frame is written in a write of its own. */
export interface WriteMode {
  chop?: number | undefined;
  sync?: boolean | undefined;
}

/** What a write queue writes to. */
export interface WriteTarget {
  write(bytes: Buffer, sync: boolean): void;
  /** Whether queued bytes are discarded, because the connection has ended. */
  readonly closed: boolean;
  /** Whether received bytes are being handled. */
  readonly reading: boolean;
}

/**
 * Writes frames in the pieces that a case asks for. A frame without special needs is written at once, and all writes of
 * one turn of the event loop are sent together. Queued pieces are written one per turn, so that each is a separate write.
 * There is one exception, which Autobahn has too: if the queue starts while received bytes are handled, its first two
 * pieces are sent together. Servers react differently to one segment and to two, so grades depend on it (case 3.3).
 */
export class WriteQueue {
  readonly #target: WriteTarget;
  #queue: { bytes: Buffer; sync: boolean }[] = [];
  /** Number of elements at the front of the queue that have been written. */
  #written = 0;
  #draining = false;
  /** Whether the queue has written its first piece while received bytes are handled, and nothing since. */
  #startedInRead = false;

  constructor(target: WriteTarget) {
    this.#target = target;
  }

  /** Writes bytes at once, or queues the bytes if they are cut, need a write of their own, or if the queue is not empty. */
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

  /** Must be called when received bytes have been handled: if the queue has started meanwhile, writes the second piece. */
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

  /** Writes the next piece. Returns false, and lets the queue rest, if no piece is left. */
  #writeOne(): boolean {
    const next = this.#queue[this.#written];
    if (next === undefined) {
      this.#draining = false;
      return false;
    }
    this.#written++;
    // The queue is emptied before its last element is written: later bytes of the same turn are then written directly.
    if (this.#written === this.#queue.length) {
      this.#queue = [];
      this.#written = 0;
    }
    if (!this.#target.closed) this.#target.write(next.bytes, next.sync);
    return true;
  }
}

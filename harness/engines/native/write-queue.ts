/** How a frame is written. `chop`: so many bytes per write; `sync`: in a write of its own. */
export interface WriteMode {
  chop?: number | undefined;
  sync?: boolean | undefined;
}

/** What a write queue writes to. */
export interface WriteTarget {
  write(bytes: Buffer, sync: boolean): void;
  /** Whether queued bytes are discarded, because the connection has ended. */
  readonly closed: boolean;
}

/**
 * Writes frames in the cuts that a case asks for. Frames without a cut are written at once, and all writes of one turn
 * of the event loop leave together; the elements of the queue leave one per turn, so that each is a write of its own.
 */
export class WriteQueue {
  readonly #target: WriteTarget;
  #queue: { bytes: Buffer; sync: boolean }[] = [];
  /** Number of elements at the front of the queue that have been written. */
  #written = 0;
  #draining = false;

  constructor(target: WriteTarget) {
    this.#target = target;
  }

  /** Writes bytes now, or queues them if they are cut, synced, or behind others in the queue. */
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

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#writeNext();
  }

  #writeNext(): void {
    const next = this.#queue[this.#written];
    if (next === undefined) {
      this.#draining = false;
      return;
    }
    this.#written++;
    // The queue is emptied before its last element is written: what follows in this turn need not queue.
    if (this.#written === this.#queue.length) {
      this.#queue = [];
      this.#written = 0;
    }
    if (!this.#target.closed) this.#target.write(next.bytes, next.sync);
    setImmediate(() => this.#writeNext());
  }
}

import { memoryToLend } from './lent.ts';

/** Enough for most messages, and always there. */
const USUAL_BYTES = 256 * 1024;

/** It grows in great steps: of memory that nothing was written to yet, only addresses are taken. */
const GROWTH = 16;

/**
 * Where zlib writes a message whose length nobody knows yet. It is written over by the next one. What
 * it grew to is used again unless the collector has taken it, so that a hundred bombs take no more than one.
 */
export class Scratch {
  readonly #usual = memoryToLend(USUAL_BYTES);
  #large: WeakRef<Buffer> | undefined;
  #most = 0;
  /** What to write to, from `used` on, at most `room` octets. */
  memory = this.#usual;
  /** So many octets are written. */
  used = 0;

  /** Octets left until `grow` is needed. */
  get room(): number {
    return Math.min(this.memory.length, this.#most) - this.used;
  }

  /** Makes room. @returns whether there is any: not where all that may be is written. */
  grow(): boolean {
    if (this.memory.length >= this.#most) return false;
    const large = this.#large?.deref();
    const wanted = Math.min(this.memory.length * GROWTH, this.#most);
    const memory = large !== undefined && large.length >= wanted ? large : memoryToLend(wanted);
    this.memory.copy(memory, 0, 0, this.used);
    this.memory = memory;
    this.#large = new WeakRef(memory);
    return true;
  }

  /**
   * Has `write` fill it, from the beginning.
   *
   * @param most there is room for so many octets.
   * @returns what was written, lent until the next call.
   */
  fill(most: number, write: (scratch: Scratch) => void): Buffer {
    this.#most = most;
    this.used = 0;
    try {
      write(this);
      return this.memory.subarray(0, this.used);
    } finally {
      this.memory = this.#usual;
    }
  }
}

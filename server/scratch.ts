import { lend, memoryToLend } from './lent.ts';

/** Enough for most messages, and always there. */
const USUAL_BYTES = 256 * 1024;

/** Steps in which it grows. */
const GROWTH = 4;

/** Addresses are cheap, so that many more are asked for than there is memory behind, and it grows where it is. */
const ADDRESSES_PER_BYTE = 64;

/**
 * Where zlib writes a message whose length nobody knows yet. It is written over by the next one. What a large message
 * took goes back to the kernel with the first one that does not need it, at once and not when the collector comes by:
 * bombs, one after the other, took 100 MiB that way.
 */
export class Scratch {
  readonly #usual = memoryToLend(USUAL_BYTES);
  #large = new ArrayBuffer(0);
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
    const before = this.memory;
    if (before.length >= this.#most) return false;
    const bytes = Math.min(before.length * GROWTH, this.#most);
    if (this.#large.maxByteLength < bytes) {
      this.#large = lend(new ArrayBuffer(0, { maxByteLength: Math.min(bytes * ADDRESSES_PER_BYTE, this.#most) }));
    }
    if (this.#large.byteLength < bytes) this.#large.resize(bytes);
    this.memory = Buffer.from(this.#large);
    if (before.buffer !== this.#large) before.copy(this.memory, 0, 0, this.used);
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
      if (this.memory === this.#usual && this.#large.byteLength > 0) this.#large.resize(0);
      this.memory = this.#usual;
    }
  }
}

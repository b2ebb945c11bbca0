import { allocateBorrowed } from './borrowed-memory.ts';
import { acquireLargeBuffer, type LargeBuffer } from './large-buffers.ts';

/** Enough for most messages, and always there. */
const USUAL_BYTES = 256 * 1024;

/** Steps in which it grows. */
const GROWTH = 4;

/** Where zlib writes a message whose length nobody knows yet: into the same memory each time, and a room where it is large. */
export class ZlibOutput {
  readonly #usual = allocateBorrowed(USUAL_BYTES);
  #room: LargeBuffer | undefined;
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
    const isFirst = this.#room === undefined;
    this.#room ??= acquireLargeBuffer(this.#most);
    this.#room.grow(Math.min(before.length * GROWTH, this.#most));
    this.memory = this.#room.bytes;
    if (isFirst) before.copy(this.memory, 0, 0, this.used);
    return true;
  }

  /**
   * Has `write` fill it, from the beginning, and `look` look at what was written, which is lent for the length of the
   * call. Neither may call it again.
   *
   * @param most there is room for so many octets.
   */
  fill<Seen>(most: number, write: (scratch: ZlibOutput) => void, look: (written: Buffer) => Seen): Seen {
    this.#most = most;
    this.used = 0;
    try {
      write(this);
      return look(this.memory.subarray(0, this.used));
    } finally {
      this.memory = this.#usual;
      this.#room?.release();
      this.#room = undefined;
    }
  }
}

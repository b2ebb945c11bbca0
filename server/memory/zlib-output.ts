import { allocateBorrowed } from './borrowed-memory.ts';
import { acquireLargeBuffer, type LargeBuffer } from './large-buffers.ts';

/** Size of the fixed output buffer, which is large enough for most messages. */
const FIXED_BYTES = 256 * 1024;

/** Factor by which the output memory grows. */
const GROWTH_FACTOR = 4;

/**
 * Output memory for zlib, whose result has a size that is not known in advance. Every message uses the same fixed
 * buffer. If the result does not fit, it moves to a large buffer (see LargeBuffer), which is released after the
 * message.
 */
export class ZlibOutput {
  readonly #fixed = allocateBorrowed(FIXED_BYTES);
  #largeBuffer: LargeBuffer | undefined;
  #maxBytes = 0;
  /** Buffer that zlib writes to: from offset `used` on, at most `available` bytes. */
  memory = this.#fixed;
  /** Number of bytes written to `memory` so far. The caller of zlib updates this number. */
  used = 0;

  /** Number of bytes that can be written before `grow` must be called. */
  get available(): number {
    return Math.min(this.memory.length, this.#maxBytes) - this.used;
  }

  /** Makes `memory` larger. @returns false if the output has reached its limit. */
  grow(): boolean {
    const before = this.memory;
    if (before.length >= this.#maxBytes) return false;
    const isFirst = this.#largeBuffer === undefined;
    this.#largeBuffer ??= acquireLargeBuffer(this.#maxBytes);
    this.#largeBuffer.grow(Math.min(before.length * GROWTH_FACTOR, this.#maxBytes));
    this.memory = this.#largeBuffer.bytes;
    if (isFirst) before.copy(this.memory, 0, 0, this.used);
    return true;
  }

  /**
   * Calls `write`, which writes to the empty output, and then `use` with the written bytes. The bytes are valid only
   * during the call of `use`. Neither function may call `fill` on the same output.
   *
   * @param maxBytes largest size of the output.
   * @returns what `use` returns.
   */
  fill<Result>(maxBytes: number, write: (output: ZlibOutput) => void, use: (written: Buffer) => Result): Result {
    this.#maxBytes = maxBytes;
    this.used = 0;
    try {
      write(this);
      return use(this.memory.subarray(0, this.used));
    } finally {
      this.memory = this.#fixed;
      this.#largeBuffer?.release();
      this.#largeBuffer = undefined;
    }
  }
}

import { acquireLargeBuffer, type LargeBuffer } from '../memory/large-buffers.ts';
import { CLOSE, Violation } from './close.ts';

/**
 * Smallest buffer that a PayloadAssembler allocates. With a smaller buffer many tiny pieces would cause many
 * allocations.
 */
const MIN_BUFFER_BYTES = 256;

/**
 * Largest buffer that is allocated before the payload arrives, only because a frame header announces its length. For a
 * longer payload the buffer grows while the bytes arrive.
 */
const MAX_TRUSTED_BYTES = 64 * 1024;

/**
 * A payload that may exceed MAX_TRUSTED_BYTES is first collected in plain memory. When it exceeds this size, it moves
 * to a large buffer (reference-counted memory, see LargeBuffer), and the garbage collector frees the plain memory.
 */
const MAX_PLAIN_BYTES = 16 * 1024;

/** Total size in bytes of the buffers of all assemblers in this process. */
let totalBytes = 0;

/** Memory in bytes that the unfinished messages of all connections in this process hold. */
export function incompleteBytes(): number {
  return totalBytes;
}

const EMPTY: Buffer = Buffer.alloc(0);

/**
 * Joins the pieces of a payload in one growing buffer. When the buffer is full, its size doubles, however small the
 * pieces are. A list of views would need more memory: each view would keep the whole received chunk in memory.
 */
export class PayloadAssembler {
  #bytes = EMPTY;
  /** The large buffer (see LargeBuffer) that `#bytes` is a view of; undefined if `#bytes` is plain memory. */
  #largeBuffer: LargeBuffer | undefined;
  #used = 0;
  #maxBytes = Number.MAX_SAFE_INTEGER;
  #likelyBytes = MIN_BUFFER_BYTES;

  readonly #maxBytesPerProcess: number;

  /** @param maxBytesPerProcess limit for the buffers of all assemblers in this process together. */
  constructor(maxBytesPerProcess: number = Number.MAX_SAFE_INTEGER) {
    this.#maxBytesPerProcess = maxBytesPerProcess;
  }

  /** Number of payload bytes added so far. */
  get length(): number {
    return this.#used;
  }

  /**
   * Sets the largest total length of the payload. The buffer does not grow beyond it.
   *
   * @param bytes largest total length.
   * @param isExact whether the payload will have exactly this length. The buffer then gets this size at once, up to 64
   * KiB, which saves most messages a second copy.
   */
  expectLength(bytes: number, isExact = false): void {
    this.#maxBytes = bytes;
    this.#likelyBytes = isExact ? bytes : MIN_BUFFER_BYTES;
  }

  /**
   * Appends a copy of `bytes`.
   *
   * @throws {Violation} 1008 if all assemblers together exceed the limit (RFC 6455 §10.4).
   */
  add(bytes: Buffer): void {
    const needed = this.#used + bytes.length;
    if (needed > this.#bytes.length) this.#grow(needed);
    bytes.copy(this.#bytes, this.#used);
    this.#used = needed;
  }

  #grow(needed: number): void {
    const before = this.#bytes;
    const minSize = Math.min(this.#likelyBytes, MAX_TRUSTED_BYTES);
    const size = Math.max(needed, Math.min(this.#maxBytes, Math.max(minSize, before.length * 2)));
    // RFC 6455 §10.4: a limit per connection is not enough, because an attacker can open a thousand connections.
    if (totalBytes + size - before.length > this.#maxBytesPerProcess) {
      throw new Violation(CLOSE.policy, 'the unfinished messages of all connections are too large', '10.4');
    }
    totalBytes += size - before.length;
    const isPlain = this.#largeBuffer === undefined;
    if (isPlain && size > MAX_PLAIN_BYTES && this.#maxBytes > MAX_TRUSTED_BYTES)
      this.#largeBuffer = acquireLargeBuffer(Math.max(size, this.#likelyBytes));
    this.#largeBuffer?.grow(size);
    this.#bytes = this.#largeBuffer?.bytes ?? Buffer.allocUnsafeSlow(size);
    if (isPlain) before.copy(this.#bytes, 0, 0, this.#used);
  }

  /**
   * Passes the joined payload to `use` and empties the assembler. `use` can keep the payload if `isBorrowed(payload)`
   * is false. Payloads of more than 16 KiB can be borrowed: such a payload is valid only during the call, because its
   * memory is used again.
   */
  finish<Result>(use: (payload: Buffer) => Result): Result {
    const payload = this.#bytes.subarray(0, this.#used);
    const largeBuffer = this.#largeBuffer;
    this.#reset();
    try {
      return use(payload);
    } finally {
      largeBuffer?.release();
    }
  }

  /** Discards the collected bytes and frees their memory. */
  discard(): void {
    const largeBuffer = this.#largeBuffer;
    this.#reset();
    largeBuffer?.release();
  }

  /**
   * Empties the assembler. Call this method before the large buffer is released, because `#bytes` is a view of it and
   * can have length 0 afterwards.
   */
  #reset(): void {
    totalBytes -= this.#bytes.length;
    this.#bytes = EMPTY;
    this.#largeBuffer = undefined;
    this.#used = 0;
  }
}

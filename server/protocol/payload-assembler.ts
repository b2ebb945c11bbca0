import { acquireLargeBuffer, type LargeBuffer } from '../memory/large-buffers.ts';
import { CLOSE, Violation } from './close.ts';

/** Smallest buffer that a PayloadAssembler allocates, so that many tiny pieces do not cause many allocations. */
const MIN_BUFFER_BYTES = 256;

/**
 * Largest buffer that is allocated at once because a frame header announces its length. Longer payloads grow step by
 * step.
 */
const MAX_TRUSTED_BYTES = 64 * 1024;

/**
 * A payload that can exceed MAX_TRUSTED_BYTES starts in plain memory and moves to a large buffer when it exceeds this
 * size. The plain memory is then garbage.
 */
const MAX_PLAIN_BYTES = 16 * 1024;

/** Bytes that the buffers of all assemblers in this process hold. */
let totalBytes = 0;

/** Memory in bytes that the unfinished messages of all connections in this process hold. */
export function incompleteBytes(): number {
  return totalBytes;
}

const EMPTY: Buffer = Buffer.alloc(0);

/**
 * Joins the pieces of a payload in one growing buffer. The buffer is at most twice as large as the pieces together,
 * however small each piece is. A list of views would instead keep the whole chunk of each piece in memory.
 */
export class PayloadAssembler {
  #bytes = EMPTY;
  /** Large buffer that `#bytes` is a view of; undefined if `#bytes` is plain memory. */
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
   * Sets the expected total length, so that the buffer does not grow beyond it.
   *
   * @param bytes largest total length.
   * @param isExact whether the payload will have exactly this length. Up to 64 KiB the whole buffer is then allocated
   * at once, which saves most messages a second copy.
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
   * Passes the joined payload to `use` and empties the assembler. `use` can keep the payload unless the payload is
   * borrowed (see `isBorrowed`). Payloads of more than 16 KiB can be borrowed; a borrowed payload is valid only during
   * the call.
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
   * Empties the assembler. Call before the large buffer is released, because its views can have length 0 afterwards.
   */
  #reset(): void {
    totalBytes -= this.#bytes.length;
    this.#bytes = EMPTY;
    this.#largeBuffer = undefined;
    this.#used = 0;
  }
}

import { constants } from 'node:buffer';
import { markBorrowed } from './borrowed-memory.ts';

/** Address space that each large buffer reserves. Reserved address space needs no memory before it is written. */
const RESERVED_BYTES = 64 * 1024 * 1024;

/** A buffer that needs more than its address space moves to new address space: the needed size times this factor. */
const GROWTH_FACTOR = 4;

/**
 * Number of unused buffers that are kept for later messages. Reusing their address space is faster than reserving it
 * again.
 */
const MAX_POOL_SIZE = 64;

/**
 * Largest number of large buffers in use that can grow in place; further buffers use plain memory. Linux allows a
 * process 65,530 memory mappings, and each growing buffer takes two. V8 aborts the process if no mapping is left.
 */
const MAX_RESIZABLE_IN_USE = 8_192;

/**
 * Limit for the memory that all large buffers together hold without using it. Keeping some memory saves time: for new
 * memory the kernel must clear each page, and an echo of 16 MiB would cost a third more.
 */
const MAX_IDLE_BYTES = 32 * 1024 * 1024;

/** After this time without a release of any large buffer, the memory of all unused buffers is freed. */
const IDLE_TIMEOUT_MS = 1_000;

/** Maps each ArrayBuffer to the large buffer that owns it. */
const owners = new WeakMap<ArrayBufferLike, LargeBuffer>();

/** Pool of unused large buffers, sorted by size, the smallest first. */
const pool: LargeBuffer[] = [];
let inUse = 0;
let idleBytes = 0;
let idleTimer: NodeJS.Timeout | undefined;

/**
 * Reference-counted memory for one large message. The buffer grows in place, without a copy. About a second after its
 * last reference is dropped, its memory goes back to the kernel.
 *
 * Plain memory has neither property. Unused plain memory waits for the garbage collector, which lets 32 MiB accumulate
 * first. After a few large allocations malloc also takes the next ones from its heap, and the heap cannot shrink below
 * the last block in use. After 12 concurrent echoes of 16 MiB up to 130 MiB stayed allocated.
 */
export class LargeBuffer {
  #memory = allocate(0, RESERVED_BYTES);
  #length = 0;
  #references = 1;

  constructor() {
    owners.set(this.#memory, this);
  }

  /** Size in bytes of the memory that the buffer holds, used or not. */
  get capacity(): number {
    return this.#memory.byteLength;
  }

  /** View of the whole content. The view is valid until the buffer grows or is released. */
  get bytes(): Buffer {
    return Buffer.from(this.#memory, 0, this.#length);
  }

  /** Changes the length to `bytes`. The content stays at the front; added bytes have arbitrary values. */
  grow(bytes: number): void {
    const before = this.#memory;
    idleBytes -= before.byteLength - this.#length;
    if (bytes > before.maxByteLength) {
      this.#memory = allocate(bytes, Math.min(bytes * GROWTH_FACTOR, constants.MAX_LENGTH));
      owners.set(this.#memory, this);
      Buffer.from(before, 0, this.#length).copy(Buffer.from(this.#memory));
      if (before.resizable) before.resize(0);
    } else if (bytes > before.byteLength) {
      before.resize(bytes);
    }
    this.#length = bytes;
    idleBytes += this.#memory.byteLength - bytes;
  }

  /** Adds one reference. Each `retain` needs one `release`. */
  retain(): void {
    this.#references++;
  }

  /**
   * Drops one reference. When the last reference is dropped, the buffer returns to the pool. Call `release` even after
   * an error: the garbage collector does not know the size of the buffer and would free it late.
   */
  release(): void {
    if (--this.#references > 0) return;
    inUse--;
    if (!this.#memory.resizable) return;
    idleBytes += this.#length;
    this.#length = 0;
    if (idleBytes > MAX_IDLE_BYTES || pool.length === MAX_POOL_SIZE) this.free();
    if (pool.length < MAX_POOL_SIZE) pool.push(this);
    pool.sort((a, b) => a.capacity - b.capacity);
    clearTimeout(idleTimer);
    idleTimer = setTimeout(freePool, IDLE_TIMEOUT_MS).unref();
  }

  /**
   * Returns the memory to the kernel and keeps the address space. Call this method only for a buffer without
   * references.
   */
  free(): void {
    idleBytes -= this.#memory.byteLength;
    this.#memory.resize(0);
  }
}

function freePool(): void {
  for (const buffer of pool) buffer.free();
}

function allocate(bytes: number, reservedBytes: number): ArrayBuffer {
  return markBorrowed(
    inUse > MAX_RESIZABLE_IN_USE ? new ArrayBuffer(bytes) : new ArrayBuffer(bytes, { maxByteLength: reservedBytes }),
  );
}

/**
 * Returns an empty large buffer with one reference. It comes from the pool of unused buffers: the smallest one that
 * holds at least `bytes` bytes, or else the largest one. A small message therefore does not take the memory that the
 * next large message could reuse. If the pool is empty, the function creates a new buffer.
 *
 * @param bytes expected size of the content. Memory is allocated by `grow`, not here.
 */
export function acquireLargeBuffer(bytes: number): LargeBuffer {
  inUse++;
  // If no buffer is large enough, findIndex returns -1, and splice takes the last and largest one.
  const [pooled] = pool.splice(
    pool.findIndex(({ capacity }) => capacity >= bytes),
    1,
  );
  pooled?.retain();
  return pooled ?? new LargeBuffer();
}

/** Returns the large buffer that `bytes` is a view of; undefined if `bytes` lies in other memory. */
export function largeBufferOf(bytes: Uint8Array): LargeBuffer | undefined {
  return owners.get(bytes.buffer);
}

/** For each of `pieces` that is a view of a large buffer, drops one reference to that buffer. */
export function releaseLargeBuffers(pieces: readonly Uint8Array[]): void {
  for (const piece of pieces) largeBufferOf(piece)?.release();
}

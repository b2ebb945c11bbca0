import { constants } from 'node:buffer';
import { markBorrowed } from './borrowed-memory.ts';

/** Address space that each large buffer reserves. Reserved pages cost no memory until they are written. */
const RESERVED_BYTES = 64 * 1024 * 1024;

/** A buffer that outgrows its address space moves to one that reserves this many times the needed size. */
const GROWTH_FACTOR = 4;

/** Number of unused buffers that are kept, because reusing address space is faster than reserving it. */
const MAX_POOL_SIZE = 64;

/**
 * Largest number of resizable large buffers in use at a time; further ones use plain memory. Linux allows a process
 * 65,530 memory mappings, each resizable buffer takes two, and V8 aborts the process if no mapping is left.
 */
const MAX_RESIZABLE_IN_USE = 8_192;

/**
 * Limit for the memory that all large buffers hold beyond their current length. Keeping some memory is worthwhile: if
 * the kernel had to clear new memory for each message, an echo of 16 MiB would cost a third more.
 */
const MAX_IDLE_BYTES = 32 * 1024 * 1024;

/** The memory of all pooled buffers is freed if no large buffer was released for this time. */
const IDLE_TIMEOUT_MS = 1_000;

/** Maps each ArrayBuffer to the large buffer that owns it. */
const owners = new WeakMap<ArrayBufferLike, LargeBuffer>();

/** Pool of unused large buffers, sorted by capacity, smallest first. */
const pool: LargeBuffer[] = [];
let inUse = 0;
let idleBytes = 0;
let idleTimer: NodeJS.Timeout | undefined;

/**
 * Reference-counted memory for one large message. The buffer grows in place, without a copy, and its memory goes back
 * to the kernel about a second after the last reference is dropped.
 *
 * Plain memory does neither. It waits for the garbage collector, which lets 32 MiB accumulate first. After a few large
 * allocations malloc also serves the next ones from its heap, which cannot shrink below the last block in use: 12
 * concurrent echoes of 16 MiB left up to 130 MiB behind.
 */
export class LargeBuffer {
  #memory = allocate(0, RESERVED_BYTES);
  #length = 0;
  #references = 1;

  constructor() {
    owners.set(this.#memory, this);
  }

  /** Bytes of memory that the buffer holds, used or not. */
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
   * Drops one reference. Dropping the last one returns the buffer to the pool. Call `release` on every path, errors
   * included: garbage collection does not know the size of the buffer and would free it late.
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

  /** Returns the memory to the kernel and keeps the address space. Only for a buffer without references. */
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
 * Returns an empty large buffer with one reference. The buffer is the smallest one in the pool with a capacity of at
 * least `bytes`, or the largest one if none is large enough. A small message therefore does not take the memory that
 * the next large message could reuse.
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

/** Returns the large buffer that `bytes` is a view of, or undefined if `bytes` is other memory. */
export function largeBufferOf(bytes: Uint8Array): LargeBuffer | undefined {
  return owners.get(bytes.buffer);
}

/** Drops one reference for each of `pieces` that is a view of a large buffer. */
export function releaseLargeBuffers(pieces: readonly Uint8Array[]): void {
  for (const piece of pieces) largeBufferOf(piece)?.release();
}

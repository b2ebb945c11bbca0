/**
 * Size of a write buffer. A read brings at most 512 KiB, and the answers to it are rarely larger, because most answers
 * are as large as the message they answer.
 */
export const WRITE_BUFFER_BYTES = 512 * 1024;

/** Number of unused write buffers that are kept: 8 MiB of address space, of which only written pages take memory. */
const MAX_POOL_SIZE = 16;

/** Memory that frames are written into, as bytes and as 32-bit words. */
export interface WriteBuffer {
  readonly bytes: Buffer;
  readonly words: Int32Array;
}

/**
 * Write buffer of the connection that is answering a read. The read of one connection ends before the next one begins.
 */
let shared: WriteBuffer | undefined;

/**
 * Unused write buffers. All are allocated at start, before any message. If they were allocated later, they would lie
 * above large messages on the heap, and malloc could not return the memory of these messages to the kernel.
 */
const pool = Array.from({ length: MAX_POOL_SIZE }, createWriteBuffer);

/**
 * Returns the write buffer for the answers to the current read. All connections use the same buffer one after the
 * other, because most answers are sent before the next read. New memory for every read would be slow, because the
 * kernel must clear each page of it.
 */
export function sharedWriteBuffer(): WriteBuffer {
  shared ??= pool.pop() ?? createWriteBuffer();
  return shared;
}

function createWriteBuffer(): WriteBuffer {
  const bytes = Buffer.allocUnsafeSlow(WRITE_BUFFER_BYTES);
  return { bytes, words: new Int32Array(bytes.buffer) };
}

/**
 * Stops sharing the write buffer if one of `pieces` is a view of it, so that no other connection overwrites the piece
 * before it is sent.
 *
 * @returns the buffer, to be passed to `releaseWriteBuffer` later; undefined if no piece lies in the shared buffer.
 */
export function withdrawFromSharing(pieces: readonly Buffer[]): WriteBuffer | undefined {
  const current = shared;
  if (current === undefined || !pieces.some((piece) => piece.buffer === current.bytes.buffer)) return undefined;
  shared = undefined;
  return current;
}

/**
 * Returns a withdrawn write buffer to the pool. Call it when all bytes in the buffer are sent or the socket is closed.
 */
export function releaseWriteBuffer(buffer: WriteBuffer): void {
  if (pool.length < MAX_POOL_SIZE) pool.push(buffer);
}

/**
 * Size of a write buffer. A read returns at most 512 KiB. The answers to a read are rarely larger, because most answers
 * are as large as the message that they answer.
 */
export const WRITE_BUFFER_BYTES = 512 * 1024;

/**
 * Number of unused write buffers that are kept. They take 8 MiB of address space, but memory only for the pages that
 * were written.
 */
const MAX_POOL_SIZE = 16;

/** Memory that frames are written into, as bytes and as 32-bit words. */
export interface WriteBuffer {
  readonly bytes: Buffer;
  readonly words: Int32Array;
}

/**
 * Write buffer of the connection that is answering a read. One buffer is enough, because the read of one connection
 * ends before the next read begins.
 */
let shared: WriteBuffer | undefined;

/**
 * Unused write buffers. All of them are allocated at the start of the process. If they were allocated later, they could
 * lie behind large messages on the heap, and malloc could not return the memory of those messages to the kernel.
 */
const pool = Array.from({ length: MAX_POOL_SIZE }, createWriteBuffer);

/**
 * Returns the write buffer for the answers to the current read. All connections use the same buffer one after the
 * other, because most answers are sent before the next read. Allocating new memory for every read would be slow,
 * because the kernel must clear each page of new memory.
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
 * Stops sharing the write buffer if one of `pieces` is a view of it. No other connection can then overwrite the piece
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
 * Returns a buffer from `withdrawFromSharing` to the pool of unused write buffers. Call this function when all bytes in
 * the buffer are sent or the socket is closed.
 */
export function releaseWriteBuffer(buffer: WriteBuffer): void {
  if (pool.length < MAX_POOL_SIZE) pool.push(buffer);
}

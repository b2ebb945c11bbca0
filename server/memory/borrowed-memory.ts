/** Memory that the next read or message overwrites. Copy the bytes to keep them. */
const borrowedMemory = new WeakSet<ArrayBufferLike>();

/**
 * Marks `memory` as borrowed: its bytes are overwritten by the next read or message. A function that receives a view of
 * borrowed memory can read it during the call, and must copy the bytes that it keeps. New memory for
 * each read would cost more CPU time than the processing of the bytes, so the memory is reused.
 */
export function markBorrowed<Memory extends ArrayBufferLike>(memory: Memory): Memory {
  borrowedMemory.add(memory);
  return memory;
}

/** Allocates borrowed memory. */
export function allocateBorrowed(bytes: number): Buffer {
  return Buffer.from(markBorrowed(new ArrayBuffer(bytes)));
}

/** Tells whether `bytes` is a view of borrowed memory, which will be overwritten. */
export function isBorrowed(bytes: Uint8Array): boolean {
  return borrowedMemory.has(bytes.buffer);
}

/** Returns `bytes` itself, or a copy if `bytes` is a view of borrowed memory. */
export function copyIfBorrowed(bytes: Buffer): Buffer {
  return isBorrowed(bytes) ? Buffer.from(bytes) : bytes;
}

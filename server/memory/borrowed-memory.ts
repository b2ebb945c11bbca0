/** All borrowed memory: memory that the next read or message overwrites. Copy the bytes to keep them. */
const borrowedMemory = new WeakSet<ArrayBufferLike>();

/**
 * Marks `memory` as borrowed: the next read or message overwrites its bytes. A function that gets a view of borrowed
 * memory may read it during the call, and must copy the bytes that it keeps. The memory is reused because allocating
 * new memory for each read would take more CPU time than processing the bytes.
 */
export function markBorrowed<Memory extends ArrayBufferLike>(memory: Memory): Memory {
  borrowedMemory.add(memory);
  return memory;
}

/** Allocates memory and marks it as borrowed. */
export function allocateBorrowed(bytes: number): Buffer {
  return Buffer.from(markBorrowed(new ArrayBuffer(bytes)));
}

/** Tells whether `bytes` is a view of borrowed memory, which the next read or message overwrites. */
export function isBorrowed(bytes: Uint8Array): boolean {
  return borrowedMemory.has(bytes.buffer);
}

/** Returns `bytes` itself, or a copy if `bytes` is a view of borrowed memory. */
export function copyIfBorrowed(bytes: Buffer): Buffer {
  return isBorrowed(bytes) ? Buffer.from(bytes) : bytes;
}

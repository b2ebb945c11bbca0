/** Memory that is written over again and again, and handed out in between. */
const lent = new WeakSet<ArrayBufferLike>();

/**
 * Declares `memory` to be used for one read, or one message, after the other: whoever is handed a view of it may look at
 * it during the call and has to copy what is to be kept. Fresh memory for each would cost more than what is done with it.
 */
export function markBorrowed<Memory extends ArrayBufferLike>(memory: Memory): Memory {
  lent.add(memory);
  return memory;
}

/** Makes such memory. */
export function allocateBorrowed(bytes: number): Buffer {
  return Buffer.from(markBorrowed(new ArrayBuffer(bytes)));
}

/** Does `bytes` lie in memory that will be written over? */
export function isBorrowed(bytes: Uint8Array): boolean {
  return lent.has(bytes.buffer);
}

/** `bytes`, or a copy of them where they are only lent. */
export function copyIfBorrowed(bytes: Buffer): Buffer {
  return isBorrowed(bytes) ? Buffer.from(bytes) : bytes;
}

/** Room for the answers to one read: they are at most as many octets as were read, unless the application adds some. */
export const WRITE_BUFFER_BYTES = 512 * 1024;

/** So many are kept for those who need one; 8 MiB, of which only what was ever written to takes memory. */
const MOST_SPARES = 16;

/** Memory that frames are written into, in octets and in words. */
export interface WriteBuffer {
  readonly bytes: Buffer;
  readonly words: Int32Array;
}

/** For whoever is answering a read; nobody else can want it before that read is dealt with. */
let shared: WriteBuffer | undefined;

/**
 * All of them are made at once, before there is traffic: made amid it, they would lie above large messages, and malloc
 * could not give back the memory of these while they are kept.
 */
const spares = Array.from({ length: MOST_SPARES }, newSlab);

/**
 * The memory in which answers to a read are written side by side: the same for all connections, since each read is
 * answered, and mostly sent, before the next. Fresh memory for every read would cost more than all the rest: the
 * kernel has to clear each page of it.
 */
export function sharedWriteBuffer(): WriteBuffer {
  shared ??= spares.pop() ?? newSlab();
  return shared;
}

function newSlab(): WriteBuffer {
  const bytes = Buffer.allocUnsafeSlow(WRITE_BUFFER_BYTES);
  return { bytes, words: new Int32Array(bytes.buffer) };
}

/**
 * If one of `pieces` lies in the shared memory: nobody may write over it before it has been sent.
 *
 * @returns what to give back then; undefined where none of it is shared.
 */
export function withdrawFromSharing(pieces: readonly Buffer[]): WriteBuffer | undefined {
  const kept = shared;
  if (kept === undefined || !pieces.some((piece) => piece.buffer === kept.bytes.buffer)) return undefined;
  shared = undefined;
  return kept;
}

/** It has been sent, all of it, or never will be. */
export function releaseWriteBuffer(slab: WriteBuffer): void {
  if (spares.length < MOST_SPARES) spares.push(slab);
}

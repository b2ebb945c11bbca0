import { constants } from 'node:buffer';
import { markBorrowed } from './borrowed-memory.ts';

/** So many addresses a room has from the beginning. They cost nothing until they are written to. */
const ADDRESSES = 64 * 1024 * 1024;

/** Where these do not suffice: so many times what is needed, as it must move then. */
const GROWTH = 4;

/** Rooms that are kept for the next: asking for addresses takes longer than using them again. */
const MOST_SPARES = 64;

/**
 * Rooms in use at once, beyond which they are of plain memory. Linux lets a process have 65,530 mappings, of which each
 * room takes two, and V8 ends the process when there is no more to be had.
 */
const MOST_IN_USE = 8_192;

/**
 * What all rooms together may have beyond what is needed of them. To have the kernel clear memory anew for each message
 * would make an echo of 16 MiB a third more expensive.
 */
const MOST_IDLE_BYTES = 32 * 1024 * 1024;

/** With no large message for so long, even that goes. */
const IDLE_MS = 1_000;

/** Which room memory belongs to. */
const rooms = new WeakMap<ArrayBufferLike, LargeBuffer>();

/** The smallest first. */
const spares: LargeBuffer[] = [];
let inUse = 0;
let idleBytes = 0;
let clearing: NodeJS.Timeout | undefined;

/**
 * Room for one large message. It grows where it is, without a copy, and its memory goes back to the kernel soon after
 * nobody holds it any more.
 *
 * Plain memory does neither. It would be for the collector to free it, who lets 32 MiB gather first; and malloc, once it
 * has seen a few large ones come and go, takes the next from its heap, which cannot shrink below what still lies at its
 * end: 12 echoes of 16 MiB at once left up to 130 MiB behind that way.
 */
export class LargeBuffer {
  #memory = reserve(0, ADDRESSES);
  #bytes = 0;
  #holders = 1;

  constructor() {
    rooms.set(this.#memory, this);
  }

  /** Octets of memory that it has, needed or not. */
  get size(): number {
    return this.#memory.byteLength;
  }

  /** All there is of it, until it grows or is let go of. */
  get bytes(): Buffer {
    return Buffer.from(this.#memory, 0, this.#bytes);
  }

  /** Makes it `bytes` octets, with what it holds in front and anything behind. */
  grow(bytes: number): void {
    const before = this.#memory;
    idleBytes -= before.byteLength - this.#bytes;
    if (bytes > before.maxByteLength) {
      this.#memory = reserve(bytes, Math.min(bytes * GROWTH, constants.MAX_LENGTH));
      rooms.set(this.#memory, this);
      Buffer.from(before, 0, this.#bytes).copy(Buffer.from(this.#memory));
      if (before.resizable) before.resize(0);
    } else if (bytes > before.byteLength) {
      before.resize(bytes);
    }
    this.#bytes = bytes;
    idleBytes += this.#memory.byteLength - bytes;
  }

  /** One more who needs what it holds. */
  hold(): void {
    this.#holders++;
  }

  /** One fewer. To be called however things end: the collector does not know how large a room is, and takes its time. */
  release(): void {
    if (--this.#holders > 0) return;
    inUse--;
    if (!this.#memory.resizable) return;
    idleBytes += this.#bytes;
    this.#bytes = 0;
    if (idleBytes > MOST_IDLE_BYTES || spares.length === MOST_SPARES) this.clear();
    if (spares.length < MOST_SPARES) spares.push(this);
    spares.sort((one, other) => one.size - other.size);
    clearTimeout(clearing);
    clearing = setTimeout(clearSpares, IDLE_MS).unref();
  }

  /** Gives its memory to the kernel, where nobody holds it. */
  clear(): void {
    idleBytes -= this.#memory.byteLength;
    this.#memory.resize(0);
  }
}

function clearSpares(): void {
  for (const room of spares) room.clear();
}

function reserve(bytes: number, addresses: number): ArrayBuffer {
  return markBorrowed(
    inUse > MOST_IN_USE ? new ArrayBuffer(bytes) : new ArrayBuffer(bytes, { maxByteLength: addresses }),
  );
}

/**
 * An empty room; whoever takes it holds it. Of those that are kept it is the smallest that already has `bytes` octets, or
 * else the largest: were small messages given what a large one left, the next large one would take as much again.
 *
 * @param bytes what it may have to hold. Nothing is made for it yet.
 */
export function acquireLargeBuffer(bytes: number): LargeBuffer {
  inUse++;
  // Where none suffices, splice takes the last.
  const [spare] = spares.splice(
    spares.findIndex(({ size }) => size >= bytes),
    1,
  );
  spare?.hold();
  return spare ?? new LargeBuffer();
}

/** The room that `bytes` lie in, if they lie in one. */
export function largeBufferOf(bytes: Uint8Array): LargeBuffer | undefined {
  return rooms.get(bytes.buffer);
}

/** Who held those that `pieces` lie in, once for each, needs them no more. */
export function releaseLargeBuffers(pieces: readonly Uint8Array[]): void {
  for (const piece of pieces) largeBufferOf(piece)?.release();
}

import { acquireLargeBuffer, type LargeBuffer } from '../memory/large-buffers.ts';
import { CLOSE } from './close.ts';
import { Violation } from './violation.ts';

/** The smallest room that is made, so that a thousand tiny pieces do not grow it a thousand times. */
const FIRST_BYTES = 256;

/** What is made at once for a message whose length is known, at most. */
const BELIEVED_BYTES = 64 * 1024;

/** Of what may become larger than that, so much is plain memory, and garbage when it is outgrown; then it is a room. */
const PLAIN_UP_TO_BYTES = 16 * 1024;

/** What all of these hold in this process, in octets. */
let held = 0;

/** What unfinished messages hold in this process, in octets. */
export function heldBytes(): number {
  return held;
}

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Joins pieces that come one by one. What it keeps is at most twice what it was given, however small the pieces: one
 * growing buffer, not a list of views that would each hold the whole read they came in.
 */
export class PayloadAssembler {
  #bytes = NOTHING;
  /** Where `#bytes` lie in one. */
  #room: LargeBuffer | undefined;
  #used = 0;
  #most = Number.MAX_SAFE_INTEGER;
  #likely = FIRST_BYTES;

  readonly #maxHeld: number;

  /** @param maxHeldBytes what all of these together may hold, in this process. */
  constructor(maxHeldBytes: number = Number.MAX_SAFE_INTEGER) {
    this.#maxHeld = maxHeldBytes;
  }

  /** Octets so far. */
  get length(): number {
    return this.#used;
  }

  /**
   * No more than `bytes` octets will have come when it is looked at, so no more room than that is ever made.
   *
   * @param exactly so many are promised. Promises are believed up to 64 KiB, which saves most messages a second copy.
   */
  expect(bytes: number, exactly = false): void {
    this.#most = bytes;
    this.#likely = exactly ? bytes : FIRST_BYTES;
  }

  /** Copies `bytes` behind the others. @throws {Violation} 1008 where all together hold too much. */
  add(bytes: Buffer): void {
    const needed = this.#used + bytes.length;
    if (needed > this.#bytes.length) this.#grow(needed);
    bytes.copy(this.#bytes, this.#used);
    this.#used = needed;
  }

  #grow(needed: number): void {
    const before = this.#bytes;
    const least = Math.min(this.#likely, BELIEVED_BYTES);
    const size = Math.max(needed, Math.min(this.#most, Math.max(least, before.length * 2)));
    // RFC 6455 §10.4: what one connection may hold, a thousand of them may not.
    if (held + size - before.length > this.#maxHeld) {
      throw new Violation(CLOSE.policy, 'too much is unfinished on all connections together', '10.4');
    }
    held += size - before.length;
    const isPlain = this.#room === undefined;
    if (isPlain && size > PLAIN_UP_TO_BYTES && this.#most > BELIEVED_BYTES)
      this.#room = acquireLargeBuffer(Math.max(size, this.#likely));
    this.#room?.grow(size);
    this.#bytes = this.#room?.bytes ?? Buffer.allocUnsafeSlow(size);
    if (isPlain) before.copy(this.#bytes, 0, 0, this.#used);
  }

  /**
   * Has `look` look at all of it, and begins anew. Up to 16 KiB are then for `look` to keep; more may be lent for the
   * length of the call (`isLent`).
   */
  lend<Seen>(look: (all: Buffer) => Seen): Seen {
    const all = this.#bytes.subarray(0, this.#used);
    const room = this.#room;
    this.#begin();
    try {
      return look(all);
    } finally {
      room?.release();
    }
  }

  /** Forgets all of it. */
  drop(): void {
    const room = this.#room;
    this.#begin();
    room?.release();
  }

  /** Before a room is let go of: its `#bytes` are none after. */
  #begin(): void {
    held -= this.#bytes.length;
    this.#bytes = NOTHING;
    this.#room = undefined;
    this.#used = 0;
  }
}

import { CLOSE } from './close.ts';
import { giveRoom, takeRoom } from './rooms.ts';
import { Violation } from './violation.ts';

/** The smallest room that is made, so that a thousand tiny pieces do not grow it a thousand times. */
const FIRST_BYTES = 256;

/** What is made at once for a message whose length is known, at most. */
const BELIEVED_BYTES = 64 * 1024;

/** What all of these hold in this process, in octets. */
let held = 0;

/** What unfinished messages hold in this process, in octets. */
export function heldBytes(): number {
  return held;
}

const NO_ROOM: Buffer = Buffer.alloc(0);

/**
 * Joins pieces that come one by one. What it keeps is at most twice what it was given, however small the pieces: one
 * growing buffer, not a list of views that would each hold the whole read they came in.
 */
export class Gather {
  #room = NO_ROOM;
  #used = 0;
  #most = Number.MAX_SAFE_INTEGER;
  #least = FIRST_BYTES;

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
   * No more than `bytes` octets will have come when `take` is called, so no more room than that is ever made.
   *
   * @param exactly so many are promised. Promises are believed up to 64 KiB, which saves most messages a second copy.
   */
  expect(bytes: number, exactly = false): void {
    this.#most = bytes;
    this.#least = exactly ? BELIEVED_BYTES : FIRST_BYTES;
  }

  /** Copies `bytes` behind the others. @throws {Violation} 1008 where all together hold too much. */
  add(bytes: Buffer): void {
    const needed = this.#used + bytes.length;
    if (needed > this.#room.length) {
      const before = this.#room;
      const size = Math.max(needed, Math.min(this.#most, Math.max(this.#least, before.length * 2)));
      // RFC 6455 §10.4: what one connection may hold, a thousand of them may not.
      if (held + size - before.length > this.#maxHeld) {
        throw new Violation(CLOSE.policy, 'too much is unfinished on all connections together', '10.4');
      }
      this.#room = takeRoom(size);
      held += this.#room.length - before.length;
      before.copy(this.#room, 0, 0, this.#used);
      giveRoom(before);
    }
    bytes.copy(this.#room, this.#used);
    this.#used = needed;
  }

  /** All of it, and begins anew. The buffer is the caller's from here on. */
  take(): Buffer {
    const all = this.#room.subarray(0, this.#used);
    this.#begin();
    return all;
  }

  /** Has `look` look at all of it, and begins anew. The buffer is lent for the length of the call. */
  lend<Seen>(look: (all: Buffer) => Seen): Seen {
    const room = this.#room;
    const used = this.#used;
    this.#begin();
    try {
      return look(room.subarray(0, used));
    } finally {
      giveRoom(room);
    }
  }

  /** Forgets all of it. */
  drop(): void {
    giveRoom(this.#room);
    this.#begin();
  }

  #begin(): void {
    held -= this.#room.length;
    this.#room = NO_ROOM;
    this.#used = 0;
  }
}

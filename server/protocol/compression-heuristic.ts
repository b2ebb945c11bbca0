/** Messages smaller than this cost little to compress and say little about the next. */
const JUDGED_FROM_BYTES = 1024;

/** A message that keeps more than this share of its octets was not worth the work. */
const WORTH_UP_TO = 15 / 16;

/** So many messages go uncompressed at most before one is tried again. */
const LONGEST_PAUSE = 64;

/**
 * Does compressing pay on this connection? Pictures, archives and ciphertext do not shrink, yet cost zlib more than
 * anything else: 1.9 ms for 128 KiB, where JSON takes 0.1. A sender may leave any message uncompressed (RFC 7692 §6),
 * so after one that did not shrink the next goes as it is, then two, four and so on are, with one tried in between; the
 * first that does shrink ends it.
 */
export class CompressionHeuristic {
  #pause = 0;
  #left = 0;

  /** Asked once for each message to be sent. @param bytes its length. */
  isLikely(bytes: number): boolean {
    if (this.#left === 0 || bytes < JUDGED_FROM_BYTES) return true;
    this.#left--;
    return false;
  }

  /** Told once for each message that was compressed. @param before @param after its length in octets. */
  saw(before: number, after: number): void {
    if (before < JUDGED_FROM_BYTES) return;
    const shrank = after <= before * WORTH_UP_TO;
    this.#pause = shrank ? 0 : Math.min(LONGEST_PAUSE, Math.max(1, this.#pause * 2));
    this.#left = this.#pause;
  }
}

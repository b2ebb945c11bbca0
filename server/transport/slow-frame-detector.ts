/** Smallest number of bytes that a peer must send between two checks while a frame is unfinished. */
const MIN_BYTES_PER_CHECK = 1024;

/**
 * Detects a peer that sends a frame very slowly. The peer is too slow if two checks in a row find an unfinished frame
 * and almost no new bytes. Without this check a peer could keep its connection open with single bytes. Between frames a
 * peer may be silent.
 */
export class SlowFrameDetector {
  /** Total number of bytes received, up to now and up to the last check. */
  #bytes = 0;
  #bytesAtLastCheck = 0;
  #wasSlow = false;

  /** Counts bytes received from the peer. */
  addBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * Checks the peer; call at regular intervals.
   *
   * @param inFrame whether the beginning of a frame is received but not its end.
   * @returns true if the peer was too slow at this check and at the previous one.
   */
  isSlow(inFrame: boolean): boolean {
    const slow = inFrame && this.#bytes - this.#bytesAtLastCheck < MIN_BYTES_PER_CHECK;
    const slowAgain = slow && this.#wasSlow;
    this.#wasSlow = slow;
    this.#bytesAtLastCheck = this.#bytes;
    return slowAgain;
  }
}

/** In the middle of a frame, less than this from one look to the next is too little. */
const LEAST_BYTES_PER_LOOK = 1024;

/**
 * Tells who dawdles: twice in a row in the middle of a frame, with next to nothing new. Octets that trickle would
 * otherwise pass for a sign of life, for ever. Between frames a peer may take its time.
 */
export class SlowFrameDetector {
  /** Octets read of all, and how many there were at the last look. */
  #bytes = 0;
  #before = 0;
  #slow = false;

  /** So many octets came. */
  read(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Called now and then. @param inFrame whether a frame waits for its end. */
  dawdles(inFrame: boolean): boolean {
    const slow = inFrame && this.#bytes - this.#before < LEAST_BYTES_PER_LOOK;
    const again = slow && this.#slow;
    this.#slow = slow;
    this.#before = this.#bytes;
    return again;
  }
}

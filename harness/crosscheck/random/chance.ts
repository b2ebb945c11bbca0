import { createHash } from 'node:crypto';

/** Makes random choices that depend only on a seed: choice number n is made from a hash of the seed and n. */
export class Chance {
  readonly #seed: number;
  #choices = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#choices += 1;
    return createHash('sha256').update(`${this.#seed} ${this.#choices}`).digest().readUInt32BE(0) % limit;
  }

  /** Returns true with a probability of `share` percent. */
  percent(share: number): boolean {
    return this.below(100) < share;
  }

  /** Returns one of the values. All values have the same probability. */
  of<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError('there is no value to choose');
    return value;
  }

  /** Returns `length` random bytes, in hex. */
  hex(length: number): string {
    return Buffer.from(Array.from({ length }, () => this.below(256))).toString('hex');
  }

  /** Calls `make` at least once and at most `most` times, and returns the results. */
  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: 1 + this.below(most) }, make);
  }
}

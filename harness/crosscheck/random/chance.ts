import { createHash } from 'node:crypto';

/** Makes random choices that depend on a seed only: the n-th choice is made from a hash of the seed and n. */
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

  /** True in so many of a hundred choices. */
  percent(share: number): boolean {
    return this.below(100) < share;
  }

  /** One of the values, each equally often. */
  of<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError('there is no value to choose');
    return value;
  }

  /** So many random bytes, in hex. */
  hex(length: number): string {
    return Buffer.from(Array.from({ length }, () => this.below(256))).toString('hex');
  }

  /** Between one and `most` results of `make`. */
  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: 1 + this.below(most) }, make);
  }
}

import { expect, test } from 'vitest';
import { isBorrowed } from './borrowed-memory.ts';
import { largeBufferOf } from './large-buffers.ts';
import { ZlibOutput } from './zlib-output.ts';

/**
 * Writes `bytes` as zlib does: writes as much as fits, calls `grow`, and continues.
 *
 * @returns the number of bytes that did not fit.
 */
function write(output: ZlibOutput, bytes: Buffer): number {
  let at = 0;
  for (;;) {
    const count = bytes.copy(output.memory, output.used, at, at + output.available);
    output.used += count;
    at += count;
    if (at === bytes.length || !output.grow()) return bytes.length - at;
  }
}

function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, n) => (Math.imul(n, 2654435761) >>> 13) & 0xff));
}

test('passes everything that was written, of any size, as borrowed memory', () => {
  const output = new ZlibOutput();
  for (const size of [0, 5, 262_144, 262_145, 1_000_000, 3, 600_000]) {
    const bytes = noise(size);
    for (const limit of [Number.MAX_SAFE_INTEGER, 2_000_000]) {
      const seen = output.fill(
        limit,
        (to) => expect(write(to, bytes)).toBe(0),
        (written) => [written.equals(bytes), isBorrowed(written)],
      );
      expect(seen).toEqual([true, true]);
    }
  }
});

test.each([10, 262_144, 300_000, 524_288])(
  'takes %i bytes at a limit of that size and not one more, also after larger messages',
  (limit) => {
    const output = new ZlibOutput();
    const writtenAndLeftOver = (maxBytes: number, bytes: number) => {
      let leftOver = 0;
      const written = output.fill(
        maxBytes,
        (to) => {
          leftOver = write(to, noise(bytes));
        },
        ({ length }) => length,
      );
      return [written, leftOver];
    };
    for (let round = 0; round < 2; round++) {
      expect(writtenAndLeftOver(limit, limit)).toEqual([limit, 0]);
      expect(writtenAndLeftOver(limit, limit + 1)).toEqual([limit, 1]);
      expect(writtenAndLeftOver(2_000_000, 1_500_000)).toEqual([1_500_000, 0]);
    }
  },
);

test.each([
  ['both callbacks succeed', () => undefined, () => undefined],
  [
    'writing throws',
    () => {
      throw new Error('too big');
    },
    () => undefined,
  ],
  [
    'using the bytes throws',
    () => undefined,
    () => {
      throw new Error('not text');
    },
  ],
])('releases the large buffer if %s, and writes small messages to the fixed buffer again', (_, afterWrite, use) => {
  const output = new ZlibOutput();
  const fixed = output.memory;
  const memories: Buffer[] = [];
  const large = () =>
    output.fill(
      2_000_000,
      (to) => {
        write(to, noise(1_000_000));
        memories.push(to.memory);
        afterWrite();
      },
      use,
    );
  for (let round = 0; round < 2; round++) {
    try {
      large();
    } catch {}
    expect(output.memory === fixed).toBe(true);
  }
  // Both messages used the same large buffer. This proves that it was released after the first message.
  const [first, second] = memories.map(largeBufferOf);
  expect(first).toBeDefined();
  expect(first === second).toBe(true);
});

import { expect, test } from 'vitest';
import { isBorrowed } from './borrowed-memory.ts';
import { largeBufferOf } from './large-buffers.ts';
import { ZlibOutput } from './zlib-output.ts';

/** Writes `bytes` as zlib does: as much as there is room for, then again. @returns what there was no room for. */
function write(scratch: ZlibOutput, bytes: Buffer): number {
  let at = 0;
  for (;;) {
    const count = bytes.copy(scratch.memory, scratch.used, at, at + scratch.available);
    scratch.used += count;
    at += count;
    if (at === bytes.length || !scratch.grow()) return bytes.length - at;
  }
}

function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, n) => (Math.imul(n, 2654435761) >>> 13) & 0xff));
}

test('what is written is looked at whole, whatever its size, and is only lent', () => {
  const scratch = new ZlibOutput();
  for (const size of [0, 5, 262_144, 262_145, 1_000_000, 3, 600_000]) {
    const bytes = noise(size);
    for (const most of [Number.MAX_SAFE_INTEGER, 2_000_000]) {
      const seen = scratch.fill(
        most,
        (to) => expect(write(to, bytes)).toBe(0),
        (written) => [written.equals(bytes), isBorrowed(written)],
      );
      expect(seen).toEqual([true, true]);
    }
  }
});

test.each([10, 262_144, 300_000, 524_288])(
  'there is room for %i octets and not for one more, also where there was more before',
  (most) => {
    const scratch = new ZlibOutput();
    const left = (room: number, bytes: number) => {
      let tooMany = 0;
      const written = scratch.fill(
        room,
        (to) => {
          tooMany = write(to, noise(bytes));
        },
        ({ length }) => length,
      );
      return [written, tooMany];
    };
    for (let round = 0; round < 2; round++) {
      expect(left(most, most)).toEqual([most, 0]);
      expect(left(most, most + 1)).toEqual([most, 1]);
      expect(left(2_000_000, 1_500_000)).toEqual([1_500_000, 0]);
    }
  },
);

test.each([
  ['when it was looked at', () => undefined, () => undefined],
  [
    'where writing fails',
    () => {
      throw new Error('too big');
    },
    () => undefined,
  ],
  [
    'where looking fails',
    () => undefined,
    () => {
      throw new Error('not text');
    },
  ],
])('what a large message took is let go of %s, and small ones are written where they always were', (_, then, look) => {
  const scratch = new ZlibOutput();
  const usual = scratch.memory;
  const lay: Buffer[] = [];
  const large = () =>
    scratch.fill(
      2_000_000,
      (to) => {
        write(to, noise(1_000_000));
        lay.push(to.memory);
        then();
      },
      look,
    );
  for (let round = 0; round < 2; round++) {
    try {
      large();
    } catch {}
    expect(scratch.memory === usual).toBe(true);
  }
  // The second had the first one's room, which nobody held any more.
  const [first, second] = lay.map(largeBufferOf);
  expect(first).toBeDefined();
  expect(first === second).toBe(true);
});

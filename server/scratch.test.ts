import { expect, test } from 'vitest';
import { isLent } from './lent.ts';
import { Scratch } from './scratch.ts';

/** Writes `bytes` as zlib does: as much as there is room for, then again. @returns what there was no room for. */
function write(scratch: Scratch, bytes: Buffer): number {
  let at = 0;
  for (;;) {
    const count = bytes.copy(scratch.memory, scratch.used, at, at + scratch.room);
    scratch.used += count;
    at += count;
    if (at === bytes.length || !scratch.grow()) return bytes.length - at;
  }
}

function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, n) => (Math.imul(n, 2654435761) >>> 13) & 0xff));
}

test('what is written comes back whole, whatever its size, and is only lent', () => {
  const scratch = new Scratch();
  for (const size of [0, 5, 262_144, 262_145, 1_000_000, 3, 600_000]) {
    const bytes = noise(size);
    for (const most of [Number.MAX_SAFE_INTEGER, 2_000_000]) {
      const written = scratch.fill(most, (to) => expect(write(to, bytes)).toBe(0));
      expect(written.equals(bytes)).toBe(true);
      expect(isLent(written)).toBe(true);
    }
  }
});

test.each([10, 262_144, 300_000, 524_288])(
  'there is room for %i octets and not for one more, also where there was more before',
  (most) => {
    const scratch = new Scratch();
    for (let round = 0; round < 2; round++) {
      expect(scratch.fill(most, (to) => expect(write(to, noise(most))).toBe(0)).length).toBe(most);
      expect(scratch.fill(most, (to) => expect(write(to, noise(most + 1))).toBe(1)).length).toBe(most);
      scratch.fill(2_000_000, (to) => write(to, noise(1_500_000)));
    }
  },
);

test('a large message leaves the memory that small ones are written to as small as it was, even where it fails', () => {
  const scratch = new Scratch();
  const usual = scratch.memory;
  scratch.fill(2_000_000, (to) => write(to, noise(1_000_000)));
  expect(scratch.memory === usual).toBe(true);
  const failing = () =>
    scratch.fill(2_000_000, (to) => {
      write(to, noise(1_000_000));
      throw new Error('too big');
    });
  expect(failing).toThrow('too big');
  expect(scratch.memory === usual).toBe(true);
});

test('what a large message took serves the next large one, and is gone with the next small one', () => {
  const scratch = new Scratch();
  const first = scratch.fill(2_000_000, (to) => write(to, noise(1_000_000)));
  const memory = first.buffer as ArrayBuffer;
  const second = scratch.fill(2_000_000, (to) => write(to, noise(1_500_000)));
  expect(second.buffer === memory).toBe(true);
  expect(memory.byteLength).toBeGreaterThanOrEqual(1_500_000);
  scratch.fill(2_000_000, (to) => {
    expect(write(to, noise(600_000))).toBe(0);
    expect(to.memory.length).toBe(2_000_000);
  });
  scratch.fill(2_000_000, (to) => write(to, noise(1_000)));
  expect(memory.byteLength).toBe(0);
});

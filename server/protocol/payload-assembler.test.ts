import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isBorrowed } from '../memory/borrowed-memory.ts';
import { acquireLargeBuffer, largeBufferOf } from '../memory/large-buffers.ts';
import { incompleteBytes, PayloadAssembler } from './payload-assembler.ts';

const KIB = 1024;

test('joins the pieces of several payloads, one payload after the other', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.uint8Array({ maxLength: 900 }))), (rounds) => {
      const assembler = new PayloadAssembler();
      for (const pieces of rounds) {
        for (const piece of pieces) assembler.add(Buffer.from(piece));
        const all = Buffer.concat(pieces);
        expect(assembler.length).toBe(all.length);
        expect(assembler.finish((bytes) => bytes.equals(all))).toBe(true);
        expect(assembler.length).toBe(0);
      }
    }),
  );
});

test('131,000 pieces of one byte take no more memory than the expected length', () => {
  const assembler = new PayloadAssembler();
  const bytesBefore = incompleteBytes();
  assembler.expectLength(131_000);
  for (let n = 0; n < 131_000; n++) assembler.add(Buffer.from([n & 0xff]));
  expect(incompleteBytes() - bytesBefore).toBeLessThanOrEqual(131_000);
  assembler.discard();
});

test('finish frees the memory, even if the callback throws', () => {
  const assembler = new PayloadAssembler();
  const bytesBefore = incompleteBytes();
  for (const fails of [false, true]) {
    const pieces = [Buffer.alloc(70_000, 'a'), Buffer.alloc(70_000, 'b')];
    for (const piece of pieces) assembler.add(piece);
    const look = (all: Buffer) => {
      expect(all.equals(Buffer.concat(pieces))).toBe(true);
      if (fails) throw new Error('not what it says');
      return 'seen';
    };
    if (fails) expect(() => assembler.finish(look)).toThrow('not what it says');
    else expect(assembler.finish(look)).toBe('seen');
    expect([assembler.length, incompleteBytes()]).toEqual([0, bytesBefore]);
  }
});

describe('the payload passed by finish', () => {
  const isPayloadBorrowed = (bytes: number, announced?: number) => {
    const assembler = new PayloadAssembler();
    if (announced !== undefined) assembler.expectLength(announced, true);
    assembler.add(Buffer.alloc(bytes, 'a'));
    return assembler.finish((all) => {
      expect(all.equals(Buffer.alloc(bytes, 'a'))).toBe(true);
      return isBorrowed(all);
    });
  };

  test.each([
    [16 * KIB, undefined, false],
    [16 * KIB + 1, undefined, true],
    [16 * KIB + 1, 64 * KIB, false],
    [64 * KIB, 64 * KIB, false],
    [10, 64 * KIB, false],
    [10, 64 * KIB + 1, true],
  ])('of %i bytes with an announced length of %s is borrowed: %s', (bytes, announced, expected) => {
    expect(isPayloadBorrowed(bytes, announced)).toBe(expected);
  });
});

test('takes a pooled large buffer that fits the announced length, or a small one without an exact length', () => {
  const largeBuffers = [100_000, 1_000_000].map((bytes) => {
    const largeBuffer = acquireLargeBuffer(bytes);
    largeBuffer.grow(bytes);
    return largeBuffer;
  });
  for (const largeBuffer of largeBuffers) largeBuffer.release();
  const size = (expect: (assembler: PayloadAssembler) => void) => {
    const assembler = new PayloadAssembler();
    expect(assembler);
    assembler.add(Buffer.alloc(20_000));
    return assembler.finish((bytes) => largeBufferOf(bytes)?.capacity);
  };
  expect(size((assembler) => assembler.expectLength(1_000_000, true))).toBe(1_000_000);
  expect(size((assembler) => assembler.expectLength(1_000_000))).toBeLessThan(200_000);
});

test('a borrowed payload stays valid while its large buffer is retained', () => {
  const assembler = new PayloadAssembler();
  assembler.add(Buffer.alloc(100_000, 'a'));
  const all = assembler.finish((bytes) => {
    largeBufferOf(bytes)?.retain();
    return bytes;
  });
  assembler.add(Buffer.alloc(100_000, 'b'));
  assembler.discard();
  expect(all.equals(Buffer.alloc(100_000, 'a'))).toBe(true);
  const largeBuffer = largeBufferOf(all);
  largeBuffer?.release();
  const acquired = [acquireLargeBuffer(100_000), acquireLargeBuffer(100_000)];
  expect(acquired.some((other) => other === largeBuffer)).toBe(true);
  for (const largeBuffer of acquired) largeBuffer.release();
});

test('the memory of a discarded payload is reused by the next payload', () => {
  const assembler = new PayloadAssembler();
  const bytesBefore = incompleteBytes();
  const next = () => {
    assembler.add(Buffer.alloc(70_000));
    expect(incompleteBytes()).toBe(bytesBefore + 70_000);
    return assembler.finish(largeBufferOf);
  };
  const largeBuffer = next();
  assembler.add(Buffer.alloc(100_000));
  assembler.discard();
  expect(incompleteBytes()).toBe(bytesBefore);
  expect(next() === largeBuffer).toBe(true);
});

test('discard frees the memory of the payload', () => {
  const assembler = new PayloadAssembler();
  const bytesBefore = incompleteBytes();
  assembler.add(Buffer.alloc(100_000));
  expect(incompleteBytes()).toBeGreaterThanOrEqual(bytesBefore + 100_000);
  assembler.discard();
  expect([assembler.length, incompleteBytes()]).toEqual([0, bytesBefore]);
});

/** Returns how many bytes of memory one assembler holds after the function `work` has used it. */
function bytesHeldAfter(work: (assembler: PayloadAssembler) => void): number {
  const before = incompleteBytes();
  const assembler = new PayloadAssembler();
  work(assembler);
  const bytes = incompleteBytes() - before;
  assembler.discard();
  expect(incompleteBytes()).toBe(before);
  return bytes;
}

test('the buffer doubles from 256 bytes up to the expected length, and is freed when discarded', () => {
  const pieces = (count: number, bytes: number) => (assembler: PayloadAssembler) => {
    for (let n = 0; n < count; n++) assembler.add(Buffer.alloc(bytes));
  };
  expect(bytesHeldAfter(pieces(0, 0))).toBe(0);
  expect(bytesHeldAfter(pieces(1, 1))).toBe(256);
  expect(bytesHeldAfter(pieces(2, 128))).toBe(256);
  expect(bytesHeldAfter(pieces(257, 1))).toBe(512);
  expect(bytesHeldAfter(pieces(2, 300))).toBe(600);
  expect(bytesHeldAfter(pieces(3, 300))).toBe(1200);
  expect(bytesHeldAfter((assembler) => [assembler.expectLength(1000), pieces(3, 300)(assembler)])).toBe(1000);
  expect(bytesHeldAfter((assembler) => [assembler.expectLength(10_000), pieces(3, 300)(assembler)])).toBe(1200);
});

test('an announced length is allocated at once, up to 64 KiB', () => {
  const announced = (bytes: number) => (assembler: PayloadAssembler) => {
    assembler.expectLength(bytes, true);
    assembler.add(Buffer.alloc(1));
  };
  expect(bytesHeldAfter(announced(10))).toBe(10);
  expect(bytesHeldAfter(announced(60_000))).toBe(60_000);
  expect(bytesHeldAfter(announced(1_000_000_000))).toBe(65_536);
});

test('all assemblers together can hold the limit, and one more byte is refused with 1008 (RFC 6455 §10.4)', () => {
  const limit = incompleteBytes() + 1000;
  const [one, two] = [new PayloadAssembler(limit), new PayloadAssembler(limit)];
  one.add(Buffer.alloc(400));
  two.add(Buffer.alloc(600));
  const refused = expect.objectContaining({
    code: 1008,
    section: '10.4',
    message: expect.stringContaining('unfinished'),
  });
  expect(() => one.add(Buffer.alloc(1))).toThrow(refused);
  expect([one.length, two.length, incompleteBytes()]).toEqual([400, 600, limit]);
  two.discard();
  // Only the growth of the buffer counts against the limit, not its whole new size.
  one.add(Buffer.alloc(600));
  expect(one.finish(({ length }) => length)).toBe(1000);
  expect(incompleteBytes()).toBe(limit - 1000);
});

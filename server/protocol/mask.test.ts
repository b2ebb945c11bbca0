import fc from 'fast-check';
import { expect, test } from 'vitest';
import { offsetOf, unmask, wordsOf } from './mask.ts';

test('applies the right key byte to each payload byte, at every offset and phase', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 600 }),
      fc.nat(9),
      fc.integer(),
      fc.nat(1000),
      (payload, lead, mask, phase) => {
        const key = Buffer.alloc(4);
        key.writeInt32BE(mask);
        const memory = Buffer.concat([Buffer.alloc(lead, 0xaa), payload, Buffer.alloc(5, 0xaa)]);
        unmask(memory, lead, lead + payload.length, mask, phase);
        const expected = payload.map((byte, at) => byte ^ (key[(at + phase) & 3] ?? 0));
        expect(memory.subarray(lead, lead + payload.length).equals(expected)).toBe(true);
        // The bytes before and after the payload must not change.
        expect(memory.subarray(0, lead).every((byte) => byte === 0xaa)).toBe(true);
        expect(memory.subarray(lead + payload.length).every((byte) => byte === 0xaa)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

/**
 * Allocates `length` bytes with `lead` bytes before and `behind` bytes after them. No byte is ASCII. A test therefore
 * fails if `unmask` takes bytes outside the payload into account.
 */
function allocateBetween(lead: number, length: number, behind: number): Buffer {
  return Buffer.from(new Uint8Array(lead + length + behind).fill(0x80).buffer, lead, length);
}

/**
 * Fills `payload` with masked ASCII. Only the byte at index `other` becomes a byte that is not ASCII when it is
 * unmasked.
 */
function maskedAscii(payload: Buffer, key: Buffer, phase: number, other?: number): Buffer {
  for (let at = 0; at < payload.length; at++) {
    payload[at] = (key[(at + phase) & 3] ?? 0) ^ (at === other ? 0x80 : 0x7f);
  }
  return payload;
}

test('reports ASCII if all unmasked bytes are ASCII, whatever the neighbouring bytes are', () => {
  const key = Buffer.from([0x80, 0x01, 0xfe, 0x37]);
  for (let lead = 0; lead < 4; lead++) {
    for (let behind = 0; behind < 4; behind++) {
      for (let length = 0; length < 44; length++) {
        const phase = lead + length;
        for (let other = -1; other < length; other++) {
          const payload = maskedAscii(allocateBetween(lead, length, behind), key, phase, other);
          const ascii = unmask(payload, 0, length, key.readUInt32BE(), phase);
          if (ascii !== (other === -1)) expect.fail(`${length} bytes at ${lead}, the byte at ${other} is not ASCII`);
          const expected = Buffer.alloc(length, 0x7f);
          if (other !== -1) expected[other] = 0x80;
          if (!payload.equals(expected)) expect.fail(`${length} bytes at ${lead} are ${payload.toString('hex')}`);
          const neighbours = [
            ...new Uint8Array(payload.buffer, 0, lead),
            ...new Uint8Array(payload.buffer, lead + length),
          ];
          if (neighbours.some((byte) => byte !== 0x80)) expect.fail(`${length} bytes at ${lead}: a neighbour changed`);
        }
      }
    }
  }
});

test('wordsOf and offsetOf describe the memory of the given buffer, and cache the last word view', () => {
  const [one, two] = [allocateBetween(3, 9, 2), allocateBetween(6, 4, 0)];
  for (const payload of [one, one.subarray(2), two, one]) {
    const words = wordsOf(payload);
    expect([words.buffer, words.byteOffset]).toEqual([payload.buffer, 0]);
    expect(wordsOf(payload.subarray(1))).toBe(words);
    wordsOf(payload);
    expect(words).toHaveLength(payload.buffer.byteLength >>> 2);
    expect([offsetOf(payload), offsetOf(two)]).toEqual([payload.byteOffset, 6]);
  }
});

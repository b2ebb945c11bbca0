import fc from 'fast-check';
import { expect, test } from 'vitest';
import { offsetOf, unmask, wordsOf } from './mask.ts';

test('every octet meets the octet of the key that is its own, wherever it lies and whatever came before', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 600 }),
      fc.nat(9),
      fc.integer(),
      fc.nat(1000),
      (payload, lead, mask, phase) => {
        const key = Buffer.alloc(4);
        key.writeInt32BE(mask);
        const room = Buffer.concat([Buffer.alloc(lead, 0xaa), payload, Buffer.alloc(5, 0xaa)]);
        unmask(room, lead, lead + payload.length, mask, phase);
        const expected = payload.map((octet, at) => octet ^ (key[(at + phase) & 3] ?? 0));
        expect(room.subarray(lead, lead + payload.length).equals(expected)).toBe(true);
        // Its neighbours are somebody else's.
        expect(room.subarray(0, lead).every((octet) => octet === 0xaa)).toBe(true);
        expect(room.subarray(lead + payload.length).every((octet) => octet === 0xaa)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

/** A place in memory of its own, with `behind` octets after it, all of them not ASCII: whoever looks at them says so. */
function placeOf(lead: number, length: number, behind: number): Buffer {
  return Buffer.from(new Uint8Array(lead + length + behind).fill(0x80).buffer, lead, length);
}

/** Fills `place` with what is ASCII when unmasked, but for one octet. */
function maskedAscii(place: Buffer, key: Buffer, phase: number, other?: number): Buffer {
  for (let at = 0; at < place.length; at++) {
    place[at] = (key[(at + phase) & 3] ?? 0) ^ (at === other ? 0x80 : 0x7f);
  }
  return place;
}

test('text is said to be ASCII if each of its octets is, whatever lies beside it, to the last octet of memory', () => {
  const key = Buffer.from([0x80, 0x01, 0xfe, 0x37]);
  for (let lead = 0; lead < 4; lead++) {
    for (let behind = 0; behind < 4; behind++) {
      for (let length = 0; length < 44; length++) {
        const phase = lead + length;
        for (let other = -1; other < length; other++) {
          const place = maskedAscii(placeOf(lead, length, behind), key, phase, other);
          const ascii = unmask(place, 0, length, key.readUInt32BE(), phase);
          if (ascii !== (other === -1)) expect.fail(`${length} octets at ${lead}, the one at ${other} is not ASCII`);
          const expected = Buffer.alloc(length, 0x7f);
          if (other !== -1) expected[other] = 0x80;
          if (!place.equals(expected)) expect.fail(`${length} octets at ${lead} are ${place.toString('hex')}`);
          const neighbours = [...new Uint8Array(place.buffer, 0, lead), ...new Uint8Array(place.buffer, lead + length)];
          if (neighbours.some((octet) => octet !== 0x80))
            expect.fail(`${length} octets at ${lead}: a neighbour changed`);
        }
      }
    }
  }
});

test('words are those of the memory asked for, of all its whole words, viewed once; so is where it begins', () => {
  const [one, two] = [placeOf(3, 9, 2), placeOf(6, 4, 0)];
  for (const place of [one, one.subarray(2), two, one]) {
    const words = wordsOf(place);
    expect([words.buffer, words.byteOffset]).toEqual([place.buffer, 0]);
    expect(wordsOf(place.subarray(1))).toBe(words);
    wordsOf(place);
    expect(words).toHaveLength(place.buffer.byteLength >>> 2);
    expect([offsetOf(place), offsetOf(two)]).toEqual([place.byteOffset, 6]);
  }
});

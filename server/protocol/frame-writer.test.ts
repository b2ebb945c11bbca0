import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocateBorrowed } from '../memory/borrowed-memory.ts';
import { acquireLargeBuffer, largeBufferOf, releaseLargeBuffers } from '../memory/large-buffers.ts';
import { sharedWriteBuffer, WRITE_BUFFER_BYTES } from '../memory/write-buffers.ts';
import { serverHeaderBytes, writeHeader } from './frame.ts';
import { FrameWriter } from './frame-writer.ts';

test('frames of any sizes leave in order, and none overwrites another', () => {
  const sizes = fc.array(fc.oneof(fc.nat(300), fc.nat(20_000), fc.constantFrom(16_384, 16_385, 70_000)), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(fc.array(sizes, { maxLength: 3 }), (batches) => {
      const outbox = new FrameWriter();
      for (const batch of batches) {
        const expected: Buffer[] = [];
        for (const [at, size] of batch.entries()) {
          const payload = Buffer.alloc(size, at + 1);
          const header = Buffer.alloc(serverHeaderBytes(size));
          writeHeader(header, 0, 0x82, size);
          expected.push(header, payload);
          outbox.writeFrame(0x82, payload);
        }
        expect(Buffer.concat(outbox.take()).equals(Buffer.concat(expected))).toBe(true);
      }
      expect(outbox.take()).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('what waits already is not lost when a read begins, and does not lie in the memory that reads share', () => {
  const [first, second] = [new FrameWriter(), new FrameWriter()];
  first.writeFrame(0x81, Buffer.from('said before the read'));
  first.useSharedBuffer();
  first.writeFrame(0x81, Buffer.from('the answer'));
  const [said = Buffer.alloc(0), ...more] = first.take();
  expect(more).toEqual([]);
  second.useSharedBuffer();
  second.writeFrame(0x82, Buffer.alloc(64, 0xff));
  second.take();
  expect(said.toString('latin1')).toBe('\x81\x14said before the read\x81\x0athe answer');
});

test('more than the memory that reads share goes on in memory of its own', () => {
  const outbox = new FrameWriter();
  outbox.useSharedBuffer();
  const frames = Array.from({ length: 60 }, (_, n) => Buffer.alloc(10_000, n + 1));
  for (const payload of frames) outbox.writeFrame(0x82, payload);
  const sent = Buffer.concat(outbox.take());
  expect(sent).toHaveLength(60 * 10_004);
  for (const [n, payload] of frames.entries()) {
    expect(sent.subarray(n * 10_004 + 4, (n + 1) * 10_004).equals(payload)).toBe(true);
  }
});

test('hundreds of small frames are one piece, and so are empty ones', () => {
  const outbox = new FrameWriter();
  for (const size of [16, 0]) {
    for (let n = 0; n < 50; n++) outbox.writeFrame(0x82, Buffer.alloc(size));
    expect(outbox.take()).toHaveLength(1);
  }
});

test('the first payload lies in its words as where it came from, which lets it be copied by words', () => {
  for (const [size, borrowed] of [
    [5, false],
    [200, false],
    [5, true],
    [200, true],
  ] as const) {
    for (let from = 0; from < 8; from++) {
      const [outbox, payload] = [new FrameWriter(), Buffer.alloc(300)];
      if (borrowed) outbox.useSharedBuffer();
      outbox.writeFrame(0x82, payload, from, from + size);
      const [{ byteOffset } = Buffer.alloc(0)] = outbox.take();
      expect((byteOffset + serverHeaderBytes(size)) & 3).toBe((payload.byteOffset + from) & 3);
    }
  }
});

/** A frame as it should be on the wire, made the simple way. */
function framed(payload: Buffer): Buffer {
  const header = Buffer.alloc(serverHeaderBytes(payload.length));
  writeHeader(header, 0, 0x82, payload.length);
  return Buffer.concat([header, payload]);
}

test('a part of any length, from any place to the end of its memory, leaves as it is beside what left before', () => {
  const wrong: string[] = [];
  for (const behind of [0, 1, 2, 3]) {
    const all = Buffer.from(new Uint8Array(1030).map((_, n) => n * 7 + (n >> 5) + 1).buffer);
    for (const length of [...Array(40).keys(), 125, 126, 127, 511, 512, 513, 514, 1000]) {
      for (let from = 0; from < 8; from++) {
        const memory = Buffer.from(new Uint8Array(all.subarray(0, from + length + behind)).buffer);
        const outbox = new FrameWriter();
        const parts = [memory.subarray(from, from + length), all.subarray(1, 2), memory.subarray(from, from + length)];
        outbox.writeFrame(0x82, memory, from, from + length);
        outbox.writeFrame(0x82, all, 1, 2);
        outbox.writeFrame(0x82, memory, from, from + length);
        const sent = Buffer.concat(outbox.take());
        if (!sent.equals(Buffer.concat(parts.map(framed)))) wrong.push(`${length} from ${from}, ${behind} behind`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('a payload of up to 16 KiB is copied, as is a larger one that is only lent; others go out as they are', () => {
  const own = (bytes: number) => Buffer.alloc(bytes, 1);
  for (const [payload, from, to, copied] of [
    [own(16_384), 0, 16_384, true],
    [own(16_385), 0, 16_385, false],
    [own(40_000), 100, 16_484, true],
    [own(40_000), 100, 30_000, false],
    [allocateBorrowed(40_000).fill(1), 100, 30_000, true],
  ] as const) {
    const outbox = new FrameWriter();
    outbox.writeFrame(0x82, payload, from, to);
    const pieces = outbox.take();
    expect(pieces).toHaveLength(copied ? 1 : 2);
    expect(pieces.some((piece) => piece.buffer === payload.buffer)).toBe(!copied);
    expect(Buffer.concat(pieces).equals(framed(own(to - from)))).toBe(true);
    payload.fill(2);
    expect(Buffer.concat(pieces).equals(framed(own(to - from)))).toBe(copied);
  }
});

test('tells how many octets wait, whoever holds them', () => {
  const outbox = new FrameWriter();
  expect(outbox.pendingBytes).toBe(0);
  outbox.writeFrame(0x89, Buffer.alloc(0));
  expect(outbox.pendingBytes).toBe(2);
  outbox.writeFrame(0x82, Buffer.alloc(200), 50, 60);
  expect(outbox.pendingBytes).toBe(14);
  outbox.writeFrame(0x82, Buffer.alloc(20_000));
  expect(outbox.pendingBytes).toBe(14 + 4 + 20_000);
  outbox.take();
  expect(outbox.pendingBytes).toBe(0);
});

/** How large the memories are in which 600 KiB of small frames lie. */
function memories(outbox: FrameWriter): number[] {
  for (let n = 0; n < 6000; n++) outbox.writeFrame(0x82, Buffer.alloc(100));
  return outbox.take().map((piece) => piece.buffer.byteLength);
}

test('room begins small and doubles up to 64 KiB, again for each answer; behind shared memory it is 64 KiB at once', () => {
  const outbox = new FrameWriter();
  const doubling = [1024, 2048, 4096, 8192, 16_384, 32_768, ...Array(9).fill(65_536)];
  expect(memories(outbox)).toEqual(doubling);
  outbox.useSharedBuffer();
  expect(memories(outbox)).toEqual([WRITE_BUFFER_BYTES, 65_536, 65_536]);
  expect(memories(outbox)).toEqual(doubling);
});

test('an answer that fits the memory that reads share lies there, to its last octets, and in one piece', () => {
  const outbox = new FrameWriter();
  // Three octets of it have to stay free.
  const frames = Array.from({ length: 32 }, (_, n) => Buffer.alloc(WRITE_BUFFER_BYTES / 32 - (n < 31 ? 4 : 7), n));
  outbox.useSharedBuffer();
  for (const payload of frames) outbox.writeFrame(0x82, payload);
  const [piece = Buffer.alloc(0), ...more] = outbox.take();
  expect([piece.buffer === sharedWriteBuffer().bytes.buffer, more]).toEqual([true, []]);
  expect(piece.equals(Buffer.concat(frames.map(framed)))).toBe(true);
});

test('a large payload that waits keeps the next read from the memory that reads share', () => {
  const outbox = new FrameWriter();
  outbox.writeFrame(0x82, Buffer.alloc(20_000));
  outbox.useSharedBuffer();
  outbox.writeFrame(0x82, Buffer.alloc(10));
  expect(outbox.take().some((piece) => piece.buffer === sharedWriteBuffer().bytes.buffer)).toBe(false);
});

test('in memory that is shared no more than three octets behind the last frame are touched', () => {
  const { bytes } = sharedWriteBuffer();
  const memory = Buffer.alloc(600, 0x11);
  for (let from = 0; from < 4; from++) {
    for (let length = 0; length < 520; length++) {
      const outbox = new FrameWriter();
      bytes.fill(0xee, 0, 700);
      outbox.useSharedBuffer();
      outbox.writeFrame(0x82, memory, from, from + length);
      const [sent = Buffer.alloc(0)] = outbox.take();
      const behind = bytes.subarray(sent.byteOffset + sent.length + 3, 700);
      if (behind.some((octet) => octet !== 0xee)) expect.fail(`${length} octets from ${from}`);
    }
  }
});

test('what lies in a room is sent from there, and held until it has been', () => {
  const room = acquireLargeBuffer(100_000);
  room.grow(100_000);
  const outbox = new FrameWriter();
  outbox.writeFrame(0x82, room.bytes, 10, 70_010);
  const pieces = outbox.take();
  expect(pieces.map((piece) => largeBufferOf(piece) === room)).toEqual([false, true]);
  expect(pieces[1]?.byteOffset).toBe(10);
  room.release();
  const other = acquireLargeBuffer(0);
  expect(other === room).toBe(false);
  releaseLargeBuffers(pieces);
  const next = acquireLargeBuffer(100_000);
  expect(next === room).toBe(true);
  for (const last of [other, next]) last.release();
});

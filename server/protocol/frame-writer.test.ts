import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocateBorrowed } from '../memory/borrowed-memory.ts';
import { acquireLargeBuffer, largeBufferOf, releaseLargeBuffers } from '../memory/large-buffers.ts';
import { sharedWriteBuffer, WRITE_BUFFER_BYTES } from '../memory/write-buffers.ts';
import { serverHeaderBytes, writeHeader } from './frame.ts';
import { FrameWriter } from './frame-writer.ts';

test('frames of any size are returned in order, and no frame overwrites another', () => {
  const sizes = fc.array(fc.oneof(fc.nat(300), fc.nat(20_000), fc.constantFrom(16_384, 16_385, 70_000)), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(fc.array(sizes, { maxLength: 3 }), (batches) => {
      const writer = new FrameWriter();
      for (const batch of batches) {
        const expected: Buffer[] = [];
        for (const [at, size] of batch.entries()) {
          const payload = Buffer.alloc(size, at + 1);
          const header = Buffer.alloc(serverHeaderBytes(size));
          writeHeader(header, 0, 0x82, size);
          expected.push(header, payload);
          writer.writeFrame(0x82, payload);
        }
        expect(Buffer.concat(writer.take()).equals(Buffer.concat(expected))).toBe(true);
      }
      expect(writer.take()).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('frames that wait before a read are kept and are not in the shared write buffer', () => {
  const [first, second] = [new FrameWriter(), new FrameWriter()];
  first.writeFrame(0x81, Buffer.from('said before the read'));
  first.useSharedBuffer();
  first.writeFrame(0x81, Buffer.from('the answer'));
  const [before = Buffer.alloc(0), ...more] = first.take();
  expect(more).toEqual([]);
  second.useSharedBuffer();
  second.writeFrame(0x82, Buffer.alloc(64, 0xff));
  second.take();
  expect(before.toString('latin1')).toBe('\x81\x14said before the read\x81\x0athe answer');
});

test('frames beyond the size of the shared write buffer are written to own buffers', () => {
  const writer = new FrameWriter();
  writer.useSharedBuffer();
  const frames = Array.from({ length: 60 }, (_, n) => Buffer.alloc(10_000, n + 1));
  for (const payload of frames) writer.writeFrame(0x82, payload);
  const sent = Buffer.concat(writer.take());
  expect(sent).toHaveLength(60 * 10_004);
  for (const [n, payload] of frames.entries()) {
    expect(sent.subarray(n * 10_004 + 4, (n + 1) * 10_004).equals(payload)).toBe(true);
  }
});

test('many small frames or empty frames are one piece', () => {
  const writer = new FrameWriter();
  for (const size of [16, 0]) {
    for (let n = 0; n < 50; n++) writer.writeFrame(0x82, Buffer.alloc(size));
    expect(writer.take()).toHaveLength(1);
  }
});

test('the first payload has the same offset inside a word as its source, so that it can be copied word by word', () => {
  for (const [size, borrowed] of [
    [5, false],
    [200, false],
    [5, true],
    [200, true],
  ] as const) {
    for (let from = 0; from < 8; from++) {
      const [writer, payload] = [new FrameWriter(), Buffer.alloc(300)];
      if (borrowed) writer.useSharedBuffer();
      writer.writeFrame(0x82, payload, from, from + size);
      const [{ byteOffset } = Buffer.alloc(0)] = writer.take();
      expect((byteOffset + serverHeaderBytes(size)) & 3).toBe((payload.byteOffset + from) & 3);
    }
  }
});

/** Builds the bytes of an unmasked frame in a simple way, for comparison. */
function expectedFrame(payload: Buffer): Buffer {
  const header = Buffer.alloc(serverHeaderBytes(payload.length));
  writeHeader(header, 0, 0x82, payload.length);
  return Buffer.concat([header, payload]);
}

test('a payload range of any length and offset, up to the end of its memory, is copied unchanged', () => {
  const wrong: string[] = [];
  for (const behind of [0, 1, 2, 3]) {
    const all = Buffer.from(new Uint8Array(1030).map((_, n) => n * 7 + (n >> 5) + 1).buffer);
    for (const length of [...Array(40).keys(), 125, 126, 127, 511, 512, 513, 514, 1000]) {
      for (let from = 0; from < 8; from++) {
        const memory = Buffer.from(new Uint8Array(all.subarray(0, from + length + behind)).buffer);
        const writer = new FrameWriter();
        const parts = [memory.subarray(from, from + length), all.subarray(1, 2), memory.subarray(from, from + length)];
        writer.writeFrame(0x82, memory, from, from + length);
        writer.writeFrame(0x82, all, 1, 2);
        writer.writeFrame(0x82, memory, from, from + length);
        const sent = Buffer.concat(writer.take());
        if (!sent.equals(Buffer.concat(parts.map(expectedFrame))))
          wrong.push(`${length} bytes from ${from}, ${behind} bytes behind`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('copies payloads of up to 16 KiB and borrowed ones; larger payloads are returned without a copy', () => {
  const own = (bytes: number) => Buffer.alloc(bytes, 1);
  for (const [payload, from, to, copied] of [
    [own(16_384), 0, 16_384, true],
    [own(16_385), 0, 16_385, false],
    [own(40_000), 100, 16_484, true],
    [own(40_000), 100, 30_000, false],
    [allocateBorrowed(40_000).fill(1), 100, 30_000, true],
  ] as const) {
    const writer = new FrameWriter();
    writer.writeFrame(0x82, payload, from, to);
    const pieces = writer.take();
    expect(pieces).toHaveLength(copied ? 1 : 2);
    expect(pieces.some((piece) => piece.buffer === payload.buffer)).toBe(!copied);
    expect(Buffer.concat(pieces).equals(expectedFrame(own(to - from)))).toBe(true);
    payload.fill(2);
    expect(Buffer.concat(pieces).equals(expectedFrame(own(to - from)))).toBe(copied);
  }
});

test('pendingBytes counts all waiting bytes, copied or not', () => {
  const writer = new FrameWriter();
  expect(writer.pendingBytes).toBe(0);
  writer.writeFrame(0x89, Buffer.alloc(0));
  expect(writer.pendingBytes).toBe(2);
  writer.writeFrame(0x82, Buffer.alloc(200), 50, 60);
  expect(writer.pendingBytes).toBe(14);
  writer.writeFrame(0x82, Buffer.alloc(20_000));
  expect(writer.pendingBytes).toBe(14 + 4 + 20_000);
  writer.take();
  expect(writer.pendingBytes).toBe(0);
});

/** Writes 600 KiB of small frames. @returns the size of each buffer that the writer used for them. */
function bufferSizes(writer: FrameWriter): number[] {
  for (let n = 0; n < 6000; n++) writer.writeFrame(0x82, Buffer.alloc(100));
  return writer.take().map((piece) => piece.buffer.byteLength);
}

test('own buffers double from 1 KiB to 64 KiB after each take, and have 64 KiB behind the shared write buffer', () => {
  const writer = new FrameWriter();
  const doubling = [1024, 2048, 4096, 8192, 16_384, 32_768, ...Array(9).fill(65_536)];
  expect(bufferSizes(writer)).toEqual(doubling);
  writer.useSharedBuffer();
  expect(bufferSizes(writer)).toEqual([WRITE_BUFFER_BYTES, 65_536, 65_536]);
  expect(bufferSizes(writer)).toEqual(doubling);
});

test('frames that fit the shared write buffer exactly are one piece of it', () => {
  const writer = new FrameWriter();
  // Payloads are copied in whole 32-bit words, so a copy can write up to three bytes more. These bytes must stay free.
  const frames = Array.from({ length: 32 }, (_, n) => Buffer.alloc(WRITE_BUFFER_BYTES / 32 - (n < 31 ? 4 : 7), n));
  writer.useSharedBuffer();
  for (const payload of frames) writer.writeFrame(0x82, payload);
  const [piece = Buffer.alloc(0), ...more] = writer.take();
  expect([piece.buffer === sharedWriteBuffer().bytes.buffer, more]).toEqual([true, []]);
  expect(piece.equals(Buffer.concat(frames.map(expectedFrame)))).toBe(true);
});

test('useSharedBuffer has no effect while a large payload waits', () => {
  const writer = new FrameWriter();
  writer.writeFrame(0x82, Buffer.alloc(20_000));
  writer.useSharedBuffer();
  writer.writeFrame(0x82, Buffer.alloc(10));
  expect(writer.take().some((piece) => piece.buffer === sharedWriteBuffer().bytes.buffer)).toBe(false);
});

test('at most three bytes behind the last frame change in the shared write buffer', () => {
  const { bytes } = sharedWriteBuffer();
  const memory = Buffer.alloc(600, 0x11);
  for (let from = 0; from < 4; from++) {
    for (let length = 0; length < 520; length++) {
      const writer = new FrameWriter();
      bytes.fill(0xee, 0, 700);
      writer.useSharedBuffer();
      writer.writeFrame(0x82, memory, from, from + length);
      const [sent = Buffer.alloc(0)] = writer.take();
      const behind = bytes.subarray(sent.byteOffset + sent.length + 3, 700);
      if (behind.some((byte) => byte !== 0xee)) expect.fail(`${length} bytes from ${from}`);
    }
  }
});

test('a payload in a large buffer is not copied, and the large buffer is retained', () => {
  const largeBuffer = acquireLargeBuffer(100_000);
  largeBuffer.grow(100_000);
  const writer = new FrameWriter();
  writer.writeFrame(0x82, largeBuffer.bytes, 10, 70_010);
  const pieces = writer.take();
  expect(pieces.map((piece) => largeBufferOf(piece) === largeBuffer)).toEqual([false, true]);
  expect(pieces[1]?.byteOffset).toBe(10);
  largeBuffer.release();
  const other = acquireLargeBuffer(0);
  expect(other === largeBuffer).toBe(false);
  releaseLargeBuffers(pieces);
  const next = acquireLargeBuffer(100_000);
  expect(next === largeBuffer).toBe(true);
  for (const last of [other, next]) last.release();
});

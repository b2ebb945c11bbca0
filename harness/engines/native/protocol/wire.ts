import { randomFillSync } from 'node:crypto';

/**
 * A side of a WebSocket connection. A client must mask every frame that it sends, and a server must not mask (RFC 6455
 * 5.1).
 */
export type Role = 'client' | 'server';

export const otherRole = (role: Role): Role => (role === 'client' ? 'server' : 'client');

/**
 * The first byte of a frame's header (RFC 6455 5.2). Illegal values are possible too: any opcode and any reserved bits.
 * The payload length is not part of this byte. It is always encoded in its shortest form, because no case tests longer
 * forms.
 */
export interface FrameHead {
  opcode: number;
  fin: boolean;
  /** The three reserved bits as a number: 4 is RSV1, 2 is RSV2, 1 is RSV3. */
  rsv: number;
}

/** Random bytes for the next 8,192 masks, four bytes each. One call of the random generator fills all of them. */
const POOL = Buffer.allocUnsafeSlow(32_768);
let used = POOL.length;

/** Returns a masking key of four random bytes (RFC 6455 5.3) in a buffer of its own. */
export function freshMask(): Buffer {
  if (used === POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  const mask = Buffer.allocUnsafe(4);
  POOL.copy(mask, 0, used, used + 4);
  used += 4;
  return mask;
}

/** Returns the mask for the next frame that this side sends: a new mask for a client, null for a server. */
export const maskFor = (role: Role): Buffer | null => (role === 'client' ? freshMask() : null);

/** Length of a frame's header in bytes, including the mask if there is one: from 2 to 14. */
export function headerLength(payloadLength: number, masked: boolean): number {
  const maskLength = masked ? 4 : 0;
  if (payloadLength < 126) return 2 + maskLength;
  return (payloadLength < 65_536 ? 4 : 10) + maskLength;
}

/**
 * Writes a frame's header into `target` at `offset`, for a payload of `length` bytes. The mask forms the last four
 * bytes of the header; with null, the header has no mask. Returns the offset after the header.
 */
export function writeHeader(
  target: Buffer,
  offset: number,
  head: FrameHead,
  length: number,
  mask: Buffer | null,
): number {
  const maskBit = mask === null ? 0 : 0x80;
  target[offset] = (head.fin ? 0x80 : 0) | (head.rsv << 4) | head.opcode;
  let end = offset + 2;
  if (length < 126) target[offset + 1] = maskBit | length;
  else if (length < 65_536) {
    target[offset + 1] = maskBit | 126;
    end = target.writeUInt16BE(length, end);
  } else {
    target[offset + 1] = maskBit | 127;
    end = target.writeUInt32BE(Math.floor(length / 2 ** 32), end);
    end = target.writeUInt32BE(length % 2 ** 32, end);
  }
  if (mask === null) return end;
  target[end] = mask[0] ?? 0;
  target[end + 1] = mask[1] ?? 0;
  target[end + 2] = mask[2] ?? 0;
  target[end + 3] = mask[3] ?? 0;
  return end + 4;
}

/** Encodes a whole frame: its header and its payload. The payload is masked if there is a mask. */
export function encodeFrame(head: FrameHead, payload: Buffer, mask: Buffer | null): Buffer {
  const frame = Buffer.allocUnsafe(headerLength(payload.length, mask !== null) + payload.length);
  const payloadStart = writeHeader(frame, 0, head, payload.length, mask);
  if (mask === null) payload.copy(frame, payloadStart);
  else maskInto(frame, payloadStart, payload, mask, 0);
  return frame;
}

/**
 * Writes `payload` XOR `mask` into `target` at `offset` (RFC 6455 5.3). `phase` is the number of payload bytes of the
 * same frame that were masked before.
 */
export function maskInto(target: Buffer, offset: number, payload: Buffer, mask: Buffer, phase: number): void {
  const length = payload.length;
  let i = 0;
  if (length >= 64) {
    payload.copy(target, offset);
    // Fast path: XOR four bytes at a time, starting at an address of the target that is a multiple of four.
    const start = target.byteOffset + offset;
    while ((start + i) % 4 !== 0) {
      target[offset + i] = (payload[i] ?? 0) ^ (mask[(phase + i) & 3] ?? 0);
      i++;
    }
    const words = new Uint32Array(target.buffer, start + i, (length - i) >>> 2);
    const rotatedMask = Buffer.from([0, 1, 2, 3].map((k) => mask[(phase + i + k) & 3] ?? 0));
    const maskWord = new Uint32Array(new Uint8Array(rotatedMask).buffer)[0] ?? 0;
    for (let w = 0; w < words.length; w++) words[w] = (words[w] ?? 0) ^ maskWord;
    i += words.length * 4;
  }
  for (; i < length; i++) target[offset + i] = (payload[i] ?? 0) ^ (mask[(phase + i) & 3] ?? 0);
}

/**
 * Returns the payload lengths of the frames of a message that is split every `fragment` bytes; 0 means no split. As in
 * Autobahn, a message whose length is a multiple of `fragment`, but not equal to it, ends with an empty frame.
 */
export function fragmentLengths(length: number, fragment: number): number[] {
  if (fragment === 0 || length <= fragment) return [length];
  const lengths: number[] = Array.from({ length: Math.floor(length / fragment) }, () => fragment);
  lengths.push(length % fragment);
  return lengths;
}

/** Decodes frames that the function `encodeFrame` made, any number of them, for the trace. Payloads are unmasked. */
export function* framesIn(
  bytes: Buffer,
): Generator<{ head: FrameHead; length: number; mask: Buffer | null; payload: Buffer }> {
  for (let at = 0; at < bytes.length; ) {
    const first = bytes.readUInt8(at);
    const second = bytes.readUInt8(at + 1);
    const masked = second >= 0x80;
    const short = second & 0x7f;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    const start = at + headerLength(length, masked);
    const mask = masked ? bytes.subarray(start - 4, start) : null;
    const payload = Buffer.from(bytes.subarray(start, start + length));
    if (mask !== null) maskInto(payload, 0, payload, mask, 0);
    yield { head: { fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15 }, length, mask, payload };
    at = start + length;
  }
}

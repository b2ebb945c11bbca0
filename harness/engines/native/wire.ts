import { randomFillSync } from 'node:crypto';

/**
 * Frames as octets (RFC 6455 5.2), written by somebody who may break every rule: any opcode, any reserved bits, any
 * length in a control frame. What is always right is the length encoding (the shortest) and the mask (always there,
 * always random), since no case is about those.
 */
export interface FrameHead {
  opcode: number;
  fin: boolean;
  /** The three reserved bits as a number: 4 is RSV1, 2 is RSV2, 1 is RSV3. */
  rsv: number;
}

const POOL = Buffer.allocUnsafeSlow(32_768);
let used = POOL.length;

/** Four random octets (RFC 6455 5.3), as a copy that may be kept. */
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

/** Octets of a masked frame's header: 6, 8 or 14. */
export function headerLength(payloadLength: number): number {
  if (payloadLength < 126) return 6;
  return payloadLength < 65_536 ? 8 : 14;
}

/** A frame's header up to and with its mask, for a payload of `length` octets. Writes into `into` at `at`. */
export function writeHeader(into: Buffer, at: number, head: FrameHead, length: number, mask: Buffer): number {
  into[at] = (head.fin ? 0x80 : 0) | (head.rsv << 4) | head.opcode;
  let end = at + 2;
  if (length < 126) into[at + 1] = 0x80 | length;
  else if (length < 65_536) {
    into[at + 1] = 0x80 | 126;
    end = into.writeUInt16BE(length, end);
  } else {
    into[at + 1] = 0x80 | 127;
    end = into.writeUInt32BE(Math.floor(length / 2 ** 32), end);
    end = into.writeUInt32BE(length % 2 ** 32, end);
  }
  into[end] = mask[0] ?? 0;
  into[end + 1] = mask[1] ?? 0;
  into[end + 2] = mask[2] ?? 0;
  into[end + 3] = mask[3] ?? 0;
  return end + 4;
}

/** A whole frame: header, mask, masked payload. */
export function encodeFrame(head: FrameHead, payload: Buffer, mask: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(headerLength(payload.length) + payload.length);
  maskInto(frame, writeHeader(frame, 0, head, payload.length, mask), payload, mask, 0);
  return frame;
}

/** Writes `payload` XOR `mask` into `into` at `at`. `phase` is how many octets of the same frame went before. */
export function maskInto(into: Buffer, at: number, payload: Buffer, mask: Buffer, phase: number): void {
  const length = payload.length;
  let i = 0;
  if (length >= 64) {
    payload.copy(into, at);
    // Four octets at a time over the part of the target that a 32-bit view can see.
    const start = into.byteOffset + at;
    while ((start + i) % 4 !== 0) {
      into[at + i] = (payload[i] ?? 0) ^ (mask[(phase + i) & 3] ?? 0);
      i++;
    }
    const words = new Uint32Array(into.buffer, start + i, (length - i) >>> 2);
    const turned = Buffer.from([0, 1, 2, 3].map((k) => mask[(phase + i + k) & 3] ?? 0));
    const word = new Uint32Array(new Uint8Array(turned).buffer)[0] ?? 0;
    for (let w = 0; w < words.length; w++) words[w] = (words[w] ?? 0) ^ word;
    i += words.length * 4;
  }
  for (; i < length; i++) into[at + i] = (payload[i] ?? 0) ^ (mask[(phase + i) & 3] ?? 0);
}

/**
 * How a message is cut: the lengths of its frames. As Autobahn cuts, a message whose length is an exact multiple of
 * `fragment` (and longer than one) ends in an empty frame. 0 does not cut.
 */
export function fragmentLengths(length: number, fragment: number): number[] {
  if (fragment === 0 || length <= fragment) return [length];
  const lengths: number[] = Array.from({ length: Math.floor(length / fragment) }, () => fragment);
  lengths.push(length % fragment);
  return lengths;
}

/** The frames of octets that `encodeFrame` made, payloads unmasked: for whoever wants to see what leaves. */
export function* framesIn(
  octets: Buffer,
): Generator<{ head: FrameHead; length: number; mask: Buffer; payload: Buffer }> {
  for (let at = 0; at < octets.length; ) {
    const first = octets.readUInt8(at);
    const short = octets.readUInt8(at + 1) & 0x7f;
    const length =
      short < 126 ? short : short === 126 ? octets.readUInt16BE(at + 2) : Number(octets.readBigUInt64BE(at + 2));
    const start = at + headerLength(length);
    const mask = octets.subarray(start - 4, start);
    const payload = Buffer.allocUnsafe(length);
    maskInto(payload, 0, octets.subarray(start, start + length), mask, 0);
    yield { head: { fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15 }, length, mask, payload };
    at = start + length;
  }
}

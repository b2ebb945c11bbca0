import type { FrameSpec } from './faults.ts';

const MASK = Buffer.from([0xa5, 0x1c, 0x77, 0x08]);

/** Encodes a frame with any header, correct or not. */
export function encode(spec: FrameSpec): Buffer {
  const { opcode, fin = true, rsv = 0, masked = false, form, announced, cut } = spec;
  const payload = Buffer.from(spec.payload ?? '', 'hex');
  const length = announced === undefined ? BigInt(payload.length) : BigInt(announced);
  const bits = form ?? (length < 126n ? 7 : length < 65_536n ? 16 : 64);
  const head = Buffer.alloc(bits === 64 ? 10 : bits === 16 ? 4 : 2);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (bits === 64 ? 127 : bits === 16 ? 126 : Number(length));
  if (bits === 16) head.writeUInt16BE(Number(length & 0xffffn), 2);
  if (bits === 64) head.writeBigUInt64BE(BigInt.asUintN(64, length), 2);
  const frame = masked ? [head, MASK, payload.map((byte, i) => byte ^ (MASK[i % 4] ?? 0))] : [head, payload];
  return Buffer.concat(frame).subarray(0, cut);
}

/** A frame of the client. */
export interface ClientFrame {
  opcode: number;
  fin: boolean;
  rsv: number;
  payload: Buffer;
}

/** Reads the first frame from the bytes of a client. Returns null if the frame is not complete yet. */
export function takeFrame(bytes: Buffer): { frame: ClientFrame; rest: Buffer } | null {
  if (bytes.length < 2) return null;
  const [first = 0, second = 0] = bytes;
  const short = second & 127;
  const lengthEnd = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < lengthEnd) return null;
  const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  const start = lengthEnd + 4;
  if (bytes.length < start + length) return null;
  const mask = bytes.subarray(lengthEnd, start);
  const payload = Buffer.from(bytes.subarray(start, start + length));
  for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i % 4] ?? 0);
  return {
    frame: { opcode: first & 15, fin: first >= 128, rsv: (first >> 4) & 7, payload },
    rest: bytes.subarray(start + length),
  };
}

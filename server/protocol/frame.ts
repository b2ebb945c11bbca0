import { CLOSE, Violation } from './close.ts';

/** Opcodes of frames (RFC 6455 §5.2). All other opcodes are reserved. */
export const OP = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** FIN bit in the first byte of a frame header: the frame ends its message (RFC 6455 §5.2). */
export const FIN = 0x80;
/** RSV1 bit in the first byte of a frame header: the message is compressed (RFC 7692 §6). */
export const RSV1 = 0x40;
const RSV2 = 0x20;
const RSV3 = 0x10;

/** MASK bit in the second byte of a frame header: the payload is masked (RFC 6455 §5.2). */
const MASKED = 0x80;

/** Largest payload of a control frame, in bytes (RFC 6455 §5.5). */
export const MAX_CONTROL_BYTES = 125;

/** Largest frame header: two bytes, eight bytes of length and four bytes of masking key. */
export const MAX_HEADER_BYTES = 14;

/**
 * Fields of a frame header. `length` is the payload length in bytes as sent. If `rsv1` is set, this is the compressed
 * length.
 */
export interface FrameHeader {
  fin: boolean;
  rsv1: boolean;
  opcode: number;
  length: number;
}

/**
 * Tells whether an opcode belongs to a control frame: Close, Ping, Pong or a reserved control opcode (RFC 6455 §5.5).
 */
export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0;
}

function isReserved(opcode: number): boolean {
  return (opcode > OP.binary && opcode < OP.close) || opcode > OP.pong;
}

/**
 * Checks the first two bytes of a client's frame as soon as both bytes have arrived. Rules that depend on earlier
 * frames are not checked here.
 *
 * @param deflate whether permessage-deflate was negotiated. With the extension RSV1 is allowed (RFC 7692 §6).
 * @throws {Violation} 1002 if the bytes break a rule of RFC 6455 §5.1, §5.2 or §5.5 or of RFC 7692 §6.1.
 */
export function checkFirstBytes(first: number, second: number, deflate: boolean): void {
  const opcode = first & 0x0f;
  if ((first & (RSV2 | RSV3)) !== 0) throw protocolError('RSV2 and RSV3 must be 0', '5.2');
  if (isReserved(opcode)) throw protocolError(`opcode ${opcode} is reserved`, '5.2');
  if ((first & RSV1) !== 0) {
    if (!deflate) throw protocolError('RSV1 without an extension', '5.2');
    // RFC 7692 §6.1: only the first frame of a message may have RSV1, and control frames must not be compressed.
    if (isControl(opcode)) throw protocolError('RSV1 on a control frame', '7692 6.1');
    if (opcode === OP.continuation) throw protocolError('RSV1 on a continuation frame', '7692 6.1');
  }
  if ((second & MASKED) === 0) throw protocolError('a client must mask its frames', '5.1');
  if (isControl(opcode)) {
    if ((first & FIN) === 0) throw protocolError('a control frame must not be fragmented', '5.5');
    if ((second & 0x7f) > MAX_CONTROL_BYTES) throw protocolError('a control frame holds at most 125 bytes', '5.5');
    if (opcode === OP.close && (second & 0x7f) === 1) throw protocolError('half a close code', '5.5.1');
  }
}

/** Size of a client's frame header in bytes, masking key included, computed from the second byte of the header. */
export function clientHeaderBytes(second: number): number {
  const shortLength = second & 0x7f;
  return shortLength < 126 ? 6 : shortLength === 126 ? 8 : 14;
}

/**
 * Reads the payload length from a complete frame header that starts at `from` (RFC 6455 §5.2).
 *
 * @returns the length in bytes. A length above 2^53 is rounded. This is harmless, because every message limit is
 * smaller.
 * @throws {Violation} 1002 if a shorter length field could hold the length, or if the highest bit of the length is set.
 */
export function readLength(bytes: Buffer, from: number): number {
  const shortLength = (bytes[from + 1] as number) & 0x7f;
  if (shortLength < 126) return shortLength;
  if (shortLength === 126) {
    const length = bytes.readUInt16BE(from + 2);
    if (length < 126) throw protocolError('a length must be written in its shortest form', '5.2');
    return length;
  }
  const high = bytes.readUInt32BE(from + 2);
  const low = bytes.readUInt32BE(from + 6);
  if (high > 0x7fffffff) throw protocolError('the highest bit of a 64-bit length must be 0', '5.2');
  if (high === 0 && low < 0x10000) throw protocolError('a length must be written in its shortest form', '5.2');
  return high * 0x100000000 + low;
}

/**
 * Size in bytes of the frame header that this server writes before a payload. A server sends no mask (RFC 6455 §5.1).
 */
export function serverHeaderBytes(length: number): number {
  return length < 126 ? 2 : length < 0x10000 ? 4 : 10;
}

/**
 * Writes the header of an unmasked frame into `target`, from offset `at` on.
 *
 * @param first the first byte of the header: FIN, RSV1 and opcode.
 * @param length the payload length in bytes.
 * @returns the offset at which the payload begins.
 */
export function writeHeader(target: Buffer, at: number, first: number, length: number): number {
  target[at] = first;
  if (length < 126) {
    target[at + 1] = length;
    return at + 2;
  }
  if (length < 0x10000) {
    target[at + 1] = 126;
    target.writeUInt16BE(length, at + 2);
    return at + 4;
  }
  target[at + 1] = 127;
  target.writeUInt32BE(Math.floor(length / 0x100000000), at + 2);
  target.writeUInt32BE(length >>> 0, at + 6);
  return at + 10;
}

function protocolError(reason: string, section: string): Violation {
  return new Violation(CLOSE.protocolError, reason, section);
}

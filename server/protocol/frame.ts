import { CLOSE } from './close.ts';
import { Violation } from './violation.ts';

/** Opcodes (RFC 6455 §5.2). The others are reserved. */
export const OP = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** The bits of a header's first octet, beside the opcode in its lower half. */
export const FIN = 0x80;
export const RSV1 = 0x40;
const RSV2 = 0x20;
const RSV3 = 0x10;

/** The highest bit of the second octet: the payload is masked. */
const MASKED = 0x80;

/** A control frame's payload has at most this many octets (RFC 6455 §5.5). */
export const MAX_CONTROL_BYTES = 125;

/** Two octets, eight of length, four of mask. */
export const MAX_HEADER_BYTES = 14;

/** What a frame's header says. `length` in octets of payload, as sent (compressed, if `rsv1`). */
export interface FrameHeader {
  fin: boolean;
  rsv1: boolean;
  opcode: number;
  length: number;
}

/** Is this the opcode of a control frame (Close, Ping, Pong and those reserved beside them)? RFC 6455 §5.5. */
export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0;
}

function isReserved(opcode: number): boolean {
  return (opcode > OP.binary && opcode < OP.close) || opcode > OP.pong;
}

/**
 * Judges the first two octets of a client's frame, the moment they are there: all that can be said without knowing
 * which frames came before.
 *
 * @param deflate whether permessage-deflate was agreed, which gives RSV1 a meaning (RFC 7692 §6).
 * @throws {Violation} 1002.
 */
export function checkFirstOctets(first: number, second: number, deflate: boolean): void {
  const opcode = first & 0x0f;
  if ((first & (RSV2 | RSV3)) !== 0) throw broken('RSV2 and RSV3 have no meaning here', '5.2');
  if (isReserved(opcode)) throw broken(`opcode ${opcode} is reserved`, '5.2');
  if ((first & RSV1) !== 0) {
    if (!deflate) throw broken('RSV1 without an extension', '5.2');
    // RFC 7692 §6.1: only the first frame of a message carries the bit, and control frames are never compressed.
    if (isControl(opcode)) throw broken('RSV1 on a control frame', '7692 6.1');
    if (opcode === OP.continuation) throw broken('RSV1 on a continuation frame', '7692 6.1');
  }
  if ((second & MASKED) === 0) throw broken('a client must mask its frames', '5.1');
  if (isControl(opcode)) {
    if ((first & FIN) === 0) throw broken('a control frame may not be fragmented', '5.5');
    if ((second & 0x7f) > MAX_CONTROL_BYTES) throw broken('a control frame holds at most 125 octets', '5.5');
    if (opcode === OP.close && (second & 0x7f) === 1) throw broken('half a close code', '5.5.1');
  }
}

/** Octets of a client's header, mask included, as its second octet tells. */
export function headerBytes(second: number): number {
  const short = second & 0x7f;
  return short < 126 ? 6 : short === 126 ? 8 : 14;
}

/**
 * The payload length that stands in a complete header at `from` (RFC 6455 §5.2).
 *
 * @returns octets. Above 2^53 the figure is rounded, which is of no matter: no limit lets it pass.
 * @throws {Violation} 1002 where the length is not written in its shortest form, or its highest bit is set.
 */
export function readLength(bytes: Buffer, from: number): number {
  const short = (bytes[from + 1] as number) & 0x7f;
  if (short < 126) return short;
  if (short === 126) {
    const length = bytes.readUInt16BE(from + 2);
    if (length < 126) throw broken('a length must be written in its shortest form', '5.2');
    return length;
  }
  const high = bytes.readUInt32BE(from + 2);
  const low = bytes.readUInt32BE(from + 6);
  if (high > 0x7fffffff) throw broken('the highest bit of a 64-bit length must be 0', '5.2');
  if (high === 0 && low < 0x10000) throw broken('a length must be written in its shortest form', '5.2');
  return high * 0x100000000 + low;
}

/** Octets of the header that we, a server (no mask: RFC 6455 §5.1), put before `length` octets of payload. */
export function ownHeaderBytes(length: number): number {
  return length < 126 ? 2 : length < 0x10000 ? 4 : 10;
}

/**
 * Writes that header at `at`.
 *
 * @param first FIN, RSV1 and opcode, ready made.
 * @returns where the payload begins.
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

function broken(reason: string, section: string): Violation {
  return new Violation(CLOSE.protocolError, reason, section);
}

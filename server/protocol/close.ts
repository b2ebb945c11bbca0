import { isUtf8 } from 'node:buffer';

/** Close codes that this server sends by itself (RFC 6455 §7.4.1). The application can send others. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  invalidData: 1007,
  policy: 1008,
  tooBig: 1009,
  internalError: 1011,
} as const;

/** Close codes that this server sends if the peer breaks a rule or exceeds a limit. */
export type FailCode =
  | typeof CLOSE.protocolError
  | typeof CLOSE.invalidData
  | typeof CLOSE.policy
  | typeof CLOSE.tooBig;

/**
 * Content of a Close frame (RFC 6455 §5.5.1). An empty Close frame has no `code`. `reason` is empty if the frame has no
 * reason.
 */
export type Close = { readonly code?: number; readonly reason: string };

/** Code that the application gets if the peer's Close frame has no code (RFC 6455 §7.1.5). No frame contains 1005. */
export const NO_CODE = 1005;

/**
 * Code that the application gets if the connection ends without a Close frame (RFC 6455 §7.1.5). No frame contains
 * 1006.
 */
export const NO_CLOSE = 1006;

/** Largest close reason in bytes of UTF-8: a control frame holds 125 bytes, and the code takes two (RFC 6455 §5.5). */
const MAX_REASON_BYTES = 123;

/**
 * Ranges of close codes that a Close frame may contain (RFC 6455 §7.4), each as first and last code. All other codes
 * are illegal in a frame: codes below 1000 are unused, 1004 has no meaning, 1005, 1006 and 1015 exist for the API only,
 * 1016 to 2999 are reserved for the protocol, and no codes are defined from 5000 on.
 */
const VALID_CODE_RANGES: readonly (readonly [first: number, last: number])[] = [
  // Normal, going away, protocol error, unsupported data.
  [1000, 1003],
  // 1007 to 1011 are invalid data, policy, too big, missing extension and internal error. The IANA registry of RFC 6455
  // §11.7 added 1012 to 1014: service restart, try again later and bad gateway.
  [1007, 1014],
  // 3000 to 3999 are registered by libraries and frameworks; 4000 to 4999 are for private use.
  [3000, 4999],
];

/**
 * Error that the parsers throw if the peer breaks a rule of the RFC. The class `Protocol` catches the error, sends a
 * Close frame and ends the TCP connection (RFC 6455 §7.1.7, "fail the WebSocket connection").
 */
export class Violation extends Error {
  /** Close code that the server sends. */
  readonly code: FailCode;
  /** Section of the broken rule: `5.4` is RFC 6455 §5.4, and `7692 6.1` is RFC 7692 §6.1. */
  readonly section: string;

  /** @param reason becomes the error message and the reason of the Close frame: at most 123 bytes of UTF-8. */
  constructor(code: FailCode, reason: string, section: string) {
    super(reason);
    this.name = 'Violation';
    this.code = code;
    this.section = section;
  }
}

/**
 * Creates the error for a message of more than `maxBytes` bytes, before or after inflating (RFC 6455 §7.4.1, code
 * 1009).
 */
export function tooBig(maxBytes: number): Violation {
  return new Violation(CLOSE.tooBig, `a message must not exceed ${maxBytes} bytes`, '7.4.1');
}

/** Creates the error for a text message that is not UTF-8 (RFC 6455 §8.1, code 1007). */
export function notUtf8(): Violation {
  return new Violation(CLOSE.invalidData, 'text that is not UTF-8', '8.1');
}

/** Tells whether a Close frame may contain this code (RFC 6455 §7.4). */
export function isValidCloseCode(code: number): boolean {
  return VALID_CODE_RANGES.some(([first, last]) => code >= first && code <= last);
}

/**
 * Reads the payload of a Close frame (RFC 6455 §5.5.1, §7.4): an empty payload, or a code and a reason.
 *
 * @throws {Violation} 1002 if the payload is one byte or the code is illegal; 1007 if the reason is not UTF-8.
 */
export function readClose(payload: Buffer): Close {
  if (payload.length === 0) return { reason: '' };
  if (payload.length === 1) throw new Violation(CLOSE.protocolError, 'half a close code', '5.5.1');
  const code = payload.readUInt16BE(0);
  if (!isValidCloseCode(code)) throw new Violation(CLOSE.protocolError, `close code ${code} must not be sent`, '7.4');
  const reason = payload.subarray(2);
  if (!isUtf8(reason)) throw new Violation(CLOSE.invalidData, 'the close reason is not UTF-8', '8.1');
  return { code, reason: reason.toString() };
}

/**
 * Writes the payload of a Close frame (RFC 6455 §5.5.1).
 *
 * @throws {RangeError} if the code is illegal, a reason comes without a code, or the reason is longer than 123 bytes.
 */
export function writeClose(close: Close): Buffer {
  if (close.code === undefined) {
    if (close.reason !== '') throw new RangeError('a close reason needs a close code before it (RFC 6455 5.5.1)');
    return Buffer.alloc(0);
  }
  if (!Number.isInteger(close.code) || !isValidCloseCode(close.code)) {
    throw new RangeError(`close code ${close.code} must not be sent: use 1000 to 1003, 1007 to 1014 or 3000 to 4999`);
  }
  const reason = Buffer.from(close.reason);
  if (reason.length > MAX_REASON_BYTES) {
    throw new RangeError(
      `a close reason has at most ${MAX_REASON_BYTES} bytes of UTF-8; this one has ${reason.length}`,
    );
  }
  const payload = Buffer.alloc(2 + reason.length);
  payload.writeUInt16BE(close.code, 0);
  reason.copy(payload, 2);
  return payload;
}

import { isUtf8 } from 'node:buffer';
import { Violation } from './violation.ts';

/** Codes this server sends of its own accord, by what they mean (RFC 6455 §7.4.1). */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  invalidData: 1007,
  policy: 1008,
  tooBig: 1009,
  internalError: 1011,
} as const;

/** The codes with which a peer's mistake is answered. */
export type FailCode =
  | typeof CLOSE.protocolError
  | typeof CLOSE.invalidData
  | typeof CLOSE.policy
  | typeof CLOSE.tooBig;

/** What a Close frame says. `code` is absent when its payload is empty (RFC 6455 §5.5.1). */
export type Close = { readonly code?: number; readonly reason: string };

/** What the application is told where no Close frame gave a code (RFC 6455 §7.1.5): these two never travel. */
export const NO_CODE = 1005;
export const NO_CLOSE = 1006;

/** Octets that a reason may have: 125 for a control frame's payload, less two for the code (RFC 6455 §5.5). */
const MAX_REASON_BYTES = 123;

/**
 * The codes that may travel in a Close frame (RFC 6455 §7.4), by first and last of each range. All others may not: below
 * 1000 they are not used, 1004 never got a meaning, 1005, 1006 and 1015 are for the API only, 1016 to 2999 are kept for
 * later versions of the protocol, and from 5000 on there are none.
 */
const TRAVELLING: readonly (readonly [first: number, last: number])[] = [
  // Normal, going away, protocol error, unsupported data.
  [1000, 1003],
  // Invalid data, policy, too big, missing extension, internal error. And what came after the RFC, through the IANA
  // registry it opens in §11.7: service restart, try again later, bad gateway. A peer that sends one of these knows it.
  [1007, 1014],
  // Libraries and frameworks, by registration; from 4000 on, private use.
  [3000, 4999],
];

/** May this code stand in a Close frame? */
export function travels(code: number): boolean {
  return TRAVELLING.some(([first, last]) => code >= first && code <= last);
}

/**
 * Reads the payload of a Close frame (RFC 6455 §5.5.1, §7.4): empty, or a code and a reason.
 *
 * @throws {Violation} 1002 for a single octet or a code that may not travel, 1007 for a reason that is not UTF-8.
 */
export function readClose(payload: Buffer): Close {
  if (payload.length === 0) return { reason: '' };
  if (payload.length === 1) throw new Violation(CLOSE.protocolError, 'half a close code', '5.5.1');
  const code = payload.readUInt16BE(0);
  if (!travels(code)) throw new Violation(CLOSE.protocolError, `close code ${code} may not be sent`, '7.4');
  const reason = payload.subarray(2);
  if (!isUtf8(reason)) throw new Violation(CLOSE.invalidData, 'the close reason is not UTF-8', '8.1');
  return { code, reason: reason.toString() };
}

/**
 * The payload of a Close frame. A reason needs a code before it.
 *
 * @throws {RangeError} for a code that may not travel, a reason without a code, or one longer than 123 octets.
 */
export function writeClose(close: Close): Buffer {
  if (close.code === undefined) {
    if (close.reason !== '') throw new RangeError('a close reason needs a close code before it (RFC 6455 5.5.1)');
    return Buffer.alloc(0);
  }
  if (!Number.isInteger(close.code) || !travels(close.code)) {
    throw new RangeError(`close code ${close.code} may not be sent: use 1000 to 1003, 1007 to 1014 or 3000 to 4999`);
  }
  const reason = Buffer.from(close.reason);
  if (reason.length > MAX_REASON_BYTES) {
    throw new RangeError(
      `a close reason has at most ${MAX_REASON_BYTES} octets of UTF-8; this one has ${reason.length}`,
    );
  }
  const payload = Buffer.alloc(2 + reason.length);
  payload.writeUInt16BE(close.code, 0);
  reason.copy(payload, 2);
  return payload;
}

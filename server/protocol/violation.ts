import type { FailCode } from './close.ts';

/**
 * The peer broke a rule. Parsers throw it, and the one `catch` in protocol.ts turns it into a Close frame and the end
 * of the TCP connection (RFC 6455 §7.1.7, "fail the WebSocket connection").
 *
 * `code` is what our Close frame will say, `message` its reason (under 123 octets, so that it fits in one), `section`
 * where the broken rule stands.
 */
export class Violation extends Error {
  readonly code: FailCode;
  readonly section: string;

  constructor(code: FailCode, reason: string, section: string) {
    super(reason);
    this.name = 'Violation';
    this.code = code;
    this.section = section;
  }
}

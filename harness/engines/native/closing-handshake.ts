import { decodePython2Utf8 } from '../../support/python2-utf8.ts';
import type { EndpointFacts } from './endpoint-facts.ts';
import type { FrameSender, State } from './frame-sender.ts';
import { Utf8Judge } from './protocol/utf8.ts';
import type { Role } from './protocol/wire.ts';
import type { Timeouts, Timer } from './timers.ts';

/** The connection on which a closing handshake is performed: its state, and what the handshake may do with it. */
export interface ClosingConnection {
  readonly role: Role;
  readonly facts: EndpointFacts;
  readonly state: State;
  readonly send: Pick<FrameSender, 'frame'>;
  /** Sets the state of the connection to `closing`. Called after a Close frame has been sent. */
  beginClosing(): void;
  fail(code: number, reason: string): void;
  after(seconds: number, callback: () => void): Timer;
  /** Sends the queued bytes and ends the transport (TCP: FIN). */
  drop(): void;
  /** Ends the transport immediately (TCP: RST), and records why the connection did not end cleanly. */
  abort(why: string): void;
}

/** Close codes from 1000 to 2999 that an endpoint may send (RFC 6455 7.4.1). */
const DEFINED_CODES = new Set([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011]);

/**
 * Whether an endpoint may send this close code. Legal are the defined codes below 3000 and all codes from 3000 to 4999
 * (RFC 6455 7.4).
 */
const isLegalCode = (code: number): boolean => DEFINED_CODES.has(code) || (code >= 3000 && code < 5000);

/**
 * The closing handshake of one side of a connection (RFC 6455 5.5.1, 7.1): sends and answers Close frames, then waits
 * for the end of the transport, with a time limit. A server ends TCP itself, and a client waits until the server ends
 * TCP (7.1.1).
 */
export class ClosingHandshake {
  readonly #connection: ClosingConnection;
  readonly #timeouts: Timeouts;
  #answerTimer: Timer | null = null;

  constructor(connection: ClosingConnection, timeouts: Timeouts) {
    this.#connection = connection;
    this.#timeouts = timeouts;
  }

  /**
   * Sends a Close frame with any body, legal or not. A reason without a code gives an illegal body. Does nothing if the
   * connection is not open, because an endpoint sends only one Close frame.
   */
  send(code: number | null, reason: Buffer | null): void {
    if (!this.#sendClose(code, reason)) return;
    const { facts } = this.#connection;
    facts.closedByMe = true;
    this.#answerTimer = this.#connection.after(this.#timeouts.closeHandshake, () => {
      facts.wasCloseHandshakeTimeout = true;
      this.#connection.abort('peer did not respond (in time) in closing handshake');
    });
  }

  /** Sends a Close frame if the connection is open. Returns whether the frame was sent. */
  #sendClose(code: number | null, reason: Buffer | null): boolean {
    const connection = this.#connection;
    if (connection.state !== 'open') return false;
    connection.send.frame({ opcode: 8, fin: true, rsv: 0 }, closeBody(code, reason));
    connection.beginClosing();
    connection.facts.localCloseCode = code;
    connection.facts.localCloseReason = reason;
    return true;
  }

  /**
   * Handles a Close frame of the other side, in any state of the connection. Throws TypeError if the reason in the
   * frame cannot be decoded.
   */
  receive(body: Buffer): void {
    this.#readBody(body);
    const { facts, state } = this.#connection;
    switch (state) {
      case 'closing':
        this.#answerTimer?.cancel();
        facts.wasClean = true;
        this.#awaitEnd(this.#timeouts.serverDrop, 'server did not drop TCP connection (in time)');
        break;
      case 'open':
        facts.wasClean = true;
        this.#sendClose(1000, null);
        this.#awaitEnd(this.#timeouts.afterServerClose, 'server closed, but did not drop the TCP connection');
        break;
      case 'closed':
        facts.wasClean = false;
        break;
      case 'connecting':
        break;
    }
  }

  /**
   * Records code and reason of a received Close frame, and fails the connection if one of them is illegal. If a second
   * Close frame arrives, its code and reason replace those of the first.
   */
  #readBody(body: Buffer): void {
    const connection = this.#connection;
    const code = body.length >= 2 ? body.readUInt16BE(0) : null;
    connection.facts.remoteCloseCode = code;
    if (code !== null && !isLegalCode(code)) connection.fail(1002, `close code ${code} must not be sent`);
    if (body.length <= 2) {
      connection.facts.remoteCloseReason = null;
      return;
    }
    const reason = body.subarray(2);
    const utf8 = new Utf8Judge();
    if (!utf8.push(reason)) connection.fail(1007, 'close reason is not UTF-8');
    // As in Autobahn, a reason that Python 2 cannot decode as UTF-8 throws, and the exception ends TCP immediately. If
    // the reason only ends inside a character, the connection has not been failed before. A reason with surrogates has
    // already failed the connection, but Python 2 decodes surrogates, and the closing handshake goes on.
    const text = decodePython2Utf8(reason);
    if (text === null) throw new TypeError('close reason is not UTF-8');
    connection.facts.remoteCloseReason = text;
  }

  /**
   * Ends a connection on which both Close frames have been exchanged. A server ends the transport now. A client waits
   * this many seconds for the server to end the transport.
   */
  #awaitEnd(seconds: number, why: string): void {
    const connection = this.#connection;
    if (connection.role === 'server') {
      connection.drop();
      return;
    }
    connection.after(seconds, () => {
      connection.facts.wasServerConnectionDropTimeout = true;
      connection.abort(why);
    });
  }
}

function closeBody(code: number | null, reason: Buffer | null): Buffer {
  const body = Buffer.alloc((code === null ? 0 : 2) + (reason?.length ?? 0));
  if (code !== null) body.writeUInt16BE(code);
  reason?.copy(body, code === null ? 0 : 2);
  return body;
}

import { performance } from 'node:perf_hooks';
import { ClosingHandshake } from './closing-handshake.ts';
import { type EndpointFacts, newEndpointFacts, newTraffic } from './endpoint-facts.ts';
import { FrameSender, type State } from './frame-sender.ts';
import type { HandshakeOutcome, HandshakeStep, OpeningHandshake } from './protocol/opening-handshake.ts';
import type { Deflate } from './protocol/permessage-deflate.ts';
import { Reader, type ReaderEvents } from './protocol/reader.ts';
import { otherRole, type Role } from './protocol/wire.ts';
import { type Timeouts, type Timer, Timers } from './timers.ts';
import type { Transport } from './transport.ts';
import type { WireLog } from './wire-log.ts';

/** The events that an endpoint (one side of a connection) reports to the case that uses the connection. */
export interface EndpointEvents {
  /** The opening handshake has succeeded. */
  opened(deflate: Deflate | null): void;
  message(bytes: Buffer, binary: boolean): void;
  pong(payload: Buffer): void;
  /**
   * The other side has sent something. `ms`: milliseconds since this side last sent something, or since it connected.
   */
  answered?(ms: number): void;
  /** The connection is over. This is the last event of an endpoint. */
  lost(): void;
  /** The transport (for example TCP) could not be connected. This is the only event of such a connection. */
  refused(error: Error): void;
}

/** The parts and settings of a new endpoint. */
export interface EndpointOptions {
  role: Role;
  /** The stream of bytes that carries the connection, for example TCP. The endpoint opens it. */
  transport: Transport;
  handshake: OpeningHandshake;
  log: WireLog;
  timeouts: Timeouts;
  events: EndpointEvents;
}

const PEER_DROPPED = 'peer dropped the TCP connection without previous WebSocket closing handshake';

/**
 * One side of one WebSocket connection, a client or a server. An endpoint sends whatever its caller asks for, legal or
 * not. It checks and records what the other side sends, and answers Ping and Close frames. It contains no code of any
 * test case.
 */
export class Endpoint {
  readonly role: Role;
  readonly facts: EndpointFacts = newEndpointFacts();
  /** Sends frames on this connection. */
  readonly send: FrameSender;
  /** Counts of the bytes, frames and messages that have been received. */
  readonly received = newTraffic();
  readonly #log: WireLog;
  readonly #events: EndpointEvents;
  readonly #timeouts: Timeouts;
  readonly #timers: Timers;
  readonly #transport: Transport;
  readonly #opening: OpeningHandshake;
  readonly #closing: ClosingHandshake;
  #state: State = 'connecting';
  #reading = false;
  #reader: Reader | null = null;
  /** Whether the last event has been reported, or `destroy` was called. */
  #over = false;
  #openedAt = 0;
  #heardAt = performance.now();
  /** `performance.now()` when bytes were last sent, or when the transport was opened. */
  #sentAt = performance.now();

  constructor({ role, transport, handshake, log, timeouts, events }: EndpointOptions) {
    this.role = role;
    this.#log = log;
    this.#events = events;
    this.#timeouts = timeouts;
    this.#timers = new Timers(timeouts.second);
    this.#transport = transport;
    this.#opening = handshake;
    this.send = new FrameSender(this, this.#noting(transport), log);
    this.#closing = this.#closingHandshake();
    transport.open({
      connected: () => this.#connected(),
      received: (bytes) => this.#received(bytes),
      lost: () => this.#lost(),
      refused: (error) => {
        this.#timers.clear();
        events.refused(error);
      },
    });
  }

  get state(): State {
    return this.#state;
  }

  /** Whether the endpoint is processing received bytes at this moment. */
  get reading(): boolean {
    return this.#reading;
  }

  /** `performance.now()` when bytes last arrived. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** By how many milliseconds the latest timer of this endpoint fired too late. */
  get lateMs(): number {
    return this.#timers.lateMs;
  }

  /** `performance.now()` at the end of the opening handshake; 0 before. */
  get openedAt(): number {
    return this.#openedAt;
  }

  /** Ends the connection immediately. Called when a run was aborted. No further event is reported. */
  destroy(): void {
    this.#over = true;
    this.#state = 'closed';
    this.#timers.clear();
    this.#transport.destroy();
  }

  /** Calls `callback` after `seconds`, unless the timer is cancelled or the connection is closed earlier. */
  after(seconds: number, callback: () => void): Timer {
    return this.#timers.after(seconds, () => {
      if (this.#state !== 'closed') callback();
    });
  }

  /**
   * Starts the closing handshake with any code and reason, legal or not. Does nothing if the connection is not open.
   */
  sendClose(code: number | null, reason: Buffer | null): void {
    this.#closing.send(code, reason);
  }

  /**
   * Fails the connection because the other side broke a rule (RFC 6455 7.1.7): sends a Close frame if none has been
   * sent, else ends the transport.
   */
  fail(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#log.note(() => `failing the connection with ${code}: ${reason}`);
    this.facts.failedByMe = true;
    if (this.#state === 'open') this.sendClose(code, Buffer.from(reason, 'utf8').subarray(0, 123));
    else this.#drop();
  }

  // ---- the opening handshake

  #connected(): void {
    this.#log.restart();
    this.after(this.#timeouts.openHandshake, () => {
      if (this.#state !== 'connecting') return;
      this.facts.wasOpenHandshakeTimeout = true;
      this.#abort('peer did not finish (in time) the opening handshake');
    });
    this.#advance(this.#opening.start());
  }

  /** Performs one step of the opening handshake: sends its bytes, and handles its outcome if it has one. */
  #advance({ request, response, send, outcome }: HandshakeStep): void {
    if (request !== undefined) {
      this.facts.httpRequest = request;
      this.#log.note(() => `opening handshake, request: ${request.trimEnd()}`);
    }
    if (response !== undefined) {
      this.facts.httpResponse = response;
      this.#log.note(() => `opening handshake, response: ${response.trimEnd()}`);
    }
    if (send !== undefined) this.send.bytes(send);
    if (outcome !== undefined) this.#finishOpening(outcome);
  }

  #finishOpening(outcome: HandshakeOutcome): void {
    if (!outcome.opened) {
      // A server ends TCP normally (FIN), because a reset would discard the HTTP response that it has just sent.
      if (this.role === 'server') this.#drop(outcome.why);
      else this.#abort(outcome.why);
      return;
    }
    this.#state = 'open';
    this.facts.wasOpen = true;
    this.#openedAt = performance.now();
    this.#reader = new Reader(this.role, this.#readerEvents(), outcome.deflate);
    this.#events.opened(outcome.deflate);
    if (outcome.rest.length > 0 && this.#isReading()) this.#reader.push(outcome.rest);
  }

  // This check is a separate method, because TypeScript does not know that a callback can change the state.
  #isReading(): boolean {
    return this.#state === 'open' || this.#state === 'closing';
  }

  // ---- receiving

  #received(bytes: Buffer): void {
    if (this.#state === 'closed') return;
    this.#log.received(bytes);
    const now = performance.now();
    if (this.#sentAt >= this.#heardAt) this.#events.answered?.(now - this.#sentAt);
    this.#heardAt = now;
    if (this.#state === 'open') this.received.wire += bytes.length;
    else if (this.#state === 'connecting') this.received.preopen += bytes.length;
    this.#reading = true;
    try {
      if (this.#state === 'connecting') this.#advance(this.#opening.receive(bytes));
      else this.#reader?.push(bytes);
      this.send.readHandled();
    } catch {
      // For bytes that cannot be decoded or inflated, Autobahn throws too, and its exception ends TCP immediately.
      if (this.#over) return;
      this.#transport.destroy();
      this.#lost();
    } finally {
      this.#reading = false;
    }
  }

  #readerEvents(): ReaderEvents {
    const endpoint = this;
    return {
      violation: (why) => this.fail(1002, why),
      invalidText: (why) => this.fail(1007, why),
      frame: (head, payload, mask) => {
        if (head.opcode <= 2 && this.#state === 'open') this.received.frames++;
        this.#log.frameReceived(head, payload, mask);
      },
      data: (wireLength, appLength) => {
        if (this.#state !== 'open') return;
        this.received.webSocket += wireLength;
        this.received.app += appLength;
      },
      message: (bytes, binary) => {
        if (this.#state === 'open') this.received.messages++;
        this.#events.message(bytes, binary);
      },
      control: (opcode, payload) => this.#control(opcode, payload),
      get over(): boolean {
        return endpoint.#state === 'closed';
      },
      get failed(): boolean {
        return endpoint.facts.failedByMe;
      },
    };
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === 8) this.#closing.receive(payload);
    else if (opcode === 9) {
      // RFC 6455 5.5.2: every Ping must be answered, unless this side has already sent a Close frame.
      if (this.#state === 'open') this.send.frame({ opcode: 10, fin: true, rsv: 0 }, payload);
    } else if (opcode === 10) this.#events.pong(payload);
  }

  /** Wraps a transport and records the time of each write. */
  #noting(transport: Transport): Pick<Transport, 'write'> {
    return {
      write: (bytes) => {
        this.#sentAt = performance.now();
        transport.write(bytes);
      },
    };
  }

  // ---- the end

  #closingHandshake(): ClosingHandshake {
    const endpoint = this;
    return new ClosingHandshake(
      {
        role: this.role,
        facts: this.facts,
        send: this.send,
        get state(): State {
          return endpoint.#state;
        },
        beginClosing: () => {
          this.#state = 'closing';
        },
        fail: (code, reason) => this.fail(code, reason),
        after: (seconds, callback) => this.after(seconds, callback),
        drop: () => this.#drop(),
        abort: (why) => this.#abort(why),
      },
      this.#timeouts,
    );
  }

  /** Ends the transport immediately (TCP: RST) and discards queued bytes. */
  #abort(why: string): void {
    if (this.#state === 'closed') return;
    this.#log.note(() => `resetting the TCP connection: ${why}`);
    this.facts.wasClean = false;
    this.facts.wasNotCleanReason = why;
    this.facts.droppedByMe = true;
    this.#state = 'closed';
    this.#transport.abort();
  }

  /**
   * Sends the queued bytes and ends the transport (TCP: FIN). `why`: the reason, if the connection does not end
   * cleanly.
   */
  #drop(why: string | null = null): void {
    if (this.#state === 'closed') return;
    this.#log.note(() => `closing the TCP connection${why === null ? '' : `: ${why}`}`);
    if (why !== null) this.facts.wasNotCleanReason = why;
    this.facts.droppedByMe = true;
    this.#state = 'closed';
    this.#transport.end();
  }

  #lost(): void {
    const closedByPeer = this.#state !== 'closed';
    this.#log.note(() =>
      closedByPeer ? `the TCP connection was closed by the ${otherRole(this.role)}` : 'the TCP connection is closed',
    );
    this.#state = 'closed';
    this.#over = true;
    const { facts } = this;
    if (!facts.wasClean && !facts.droppedByMe && facts.wasNotCleanReason === null)
      facts.wasNotCleanReason = PEER_DROPPED;
    this.#timers.clear();
    this.#events.lost();
  }
}

import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { payloadText } from '../../suites/autobahn/payload-text.ts';
import type { Prepared } from './compressed.ts';
import { type Deflate, forShow, type HandshakeVerdict, type Request, readResponse, requestText } from './handshake.ts';
import type { WireLog } from './log.ts';
import { type Address, Peer } from './peer.ts';
import { Reader } from './reader.ts';
import { Utf8Judge } from './utf8.ts';
import { encodeFrame, type FrameHead, freshMask, maskInto, writeHeader } from './wire.ts';

export type State = 'connecting' | 'open' | 'closing' | 'closed';

/** What an endpoint remembers of its connection: the facts of a result. */
export interface EndpointFacts {
  wasOpen: boolean;
  closedByMe: boolean;
  failedByMe: boolean;
  droppedByMe: boolean;
  wasClean: boolean;
  wasNotCleanReason: string | null;
  wasServerConnectionDropTimeout: boolean;
  wasOpenHandshakeTimeout: boolean;
  wasCloseHandshakeTimeout: boolean;
  localCloseCode: number | null;
  localCloseReason: Buffer | null;
  remoteCloseCode: number | null;
  remoteCloseReason: string | null;
  httpRequest: string;
  httpResponse: string;
}

/** Octets and messages while the connection was open, and before; the raw material of the compression figures. */
export interface Traffic {
  wire: number;
  webSocket: number;
  app: number;
  frames: number;
  messages: number;
  preopen: number;
}

/** A timer that has been set; `on` turned false cancels it. */
export interface Alarm {
  on: boolean;
}

/** Whoever plays a case on an endpoint. */
export interface EndpointEvents {
  opened(deflate: Deflate | null): void;
  message(octets: Buffer, binary: boolean): void;
  pong(octets: Buffer): void;
  /** The connection is over; nothing comes after this. */
  lost(): void;
  /** TCP could not be connected: there is no result. */
  refused(error: Error): void;
}

/** Seconds; Autobahn's defaults, but for `afterServerClose`, which it does not have. */
export interface Timeouts {
  openHandshake: number;
  closeHandshake: number;
  serverDrop: number;
  /** After a Close of the server that it does not let TCP end upon: where the original waits for ever. */
  afterServerClose: number;
  /**
   * After which a server that says nothing at all is not waited for any longer, in cases that would wait up to 1,000 s:
   * a deviation from the original, in time only.
   */
  silence: number;
  /** How long a second is, in seconds: 1 but in tests, where everything that waits may be made to wait less. */
  second: number;
}

export const TIMEOUTS: Timeouts = {
  openHandshake: 5,
  closeHandshake: 1,
  serverDrop: 1,
  afterServerClose: 10,
  silence: 30,
  second: 1,
};

/** Codes an endpoint may send (RFC 6455 7.4.1); those from 3000 to 4999 are legal besides (7.4.2). */
const LEGAL_CODES = new Set([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011]);
const HEADERS_END = Buffer.from('\r\n\r\n');
const PEER_DROPPED = 'peer dropped the TCP connection without previous WebSocket closing handshake';

const newTraffic = (): Traffic => ({ wire: 0, webSocket: 0, app: 0, frames: 0, messages: 0, preopen: 0 });

/**
 * Our side of one connection: the state of the handshakes, the timers that end them, the queue of writes. It does what
 * it is told, legal or not, and remembers what the server did. No case is known here.
 */
export class Endpoint {
  readonly facts: EndpointFacts = {
    wasOpen: false,
    closedByMe: false,
    failedByMe: false,
    droppedByMe: false,
    wasClean: false,
    wasNotCleanReason: null,
    wasServerConnectionDropTimeout: false,
    wasOpenHandshakeTimeout: false,
    wasCloseHandshakeTimeout: false,
    localCloseCode: null,
    localCloseReason: null,
    remoteCloseCode: null,
    remoteCloseReason: null,
    httpRequest: '',
    httpResponse: '?',
  };
  readonly sent = newTraffic();
  readonly got = newTraffic();
  readonly #log: WireLog;
  readonly #events: EndpointEvents;
  readonly #patience: Timeouts;
  readonly #request: Request;
  readonly #peer: Peer;
  #state: State = 'connecting';
  #head: Buffer = Buffer.alloc(0);
  #reader: Reader | null = null;
  #closeTimer: Alarm | null = null;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #queue: { octets: Buffer; sync: boolean }[] = [];
  #draining = false;
  #opened = 0;
  #lateMs = 0;
  #heardAt = performance.now();

  constructor(facts: {
    address: Address;
    request: Omit<Request, 'key'>;
    log: WireLog;
    patience: Timeouts;
    events: EndpointEvents;
  }) {
    this.#log = facts.log;
    this.#events = facts.events;
    this.#patience = facts.patience;
    this.#request = { ...facts.request, key: randomBytes(16).toString('base64') };
    this.#peer = new Peer(facts.address, {
      connected: () => this.#connected(),
      octets: (chunk) => this.#received(chunk),
      lost: () => this.#lost(),
      refused: (error) => {
        this.#clearTimers();
        facts.events.refused(error);
      },
    });
  }

  get state(): State {
    return this.#state;
  }

  /** `performance.now()` when octets last came. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** By how many milliseconds the latest of the timers fired too late: a sign of how busy this process was. */
  get lateMs(): number {
    return this.#lateMs;
  }

  /** `performance.now()` when the opening handshake was complete; 0 before. */
  get openedAt(): number {
    return this.#opened;
  }

  /** Gives up at once and without a word: the play has been aborted. */
  destroy(): void {
    this.#state = 'closed';
    this.#clearTimers();
    this.#peer.destroy();
  }

  // ---- sending

  /** One frame, whatever the state of the connection. `repeat`: `payload` is a pattern for that many octets. */
  sendFrame(
    head: FrameHead,
    payload: Buffer,
    how: { chop?: number | undefined; sync?: boolean | undefined; repeat?: number | undefined } = {},
  ): void {
    const { chop, sync = false, repeat } = how;
    const whole = repeat === undefined ? payload : Buffer.alloc(repeat, payload);
    const mask = freshMask();
    this.#log.frameSent(head, payload, mask, { repeat, chop, sync });
    this.#send(encodeFrame(head, whole, mask), chop, sync);
  }

  /** Frames that were encoded beforehand; nothing is sent unless the connection is open. */
  sendPrepared(message: Prepared): void {
    if (this.#state !== 'open') return;
    for (const [opcode, times] of message.frames) this.#log.countFrames(opcode, times);
    for (const [length, times] of message.writes) this.#log.countWrites(length, times);
    this.#log.framesSent(message.octets);
    this.sent.frames += message.frames.reduce((sum, [, times]) => sum + times, 0);
    this.sent.messages += 1;
    this.sent.wire += message.octets.length;
    this.sent.webSocket += message.payloadOctets;
    this.sent.app += message.plain.length;
    this.#peer.write(message.octets);
  }

  /** The header of an unfinished frame; `sendPiece` brings its payload. Returns what that needs. */
  sendHeader(opcode: number, length: number): { mask: Buffer; phase: number } {
    const mask = freshMask();
    this.#log.note(
      () => `the header of a frame leaves: opcode ${opcode}, ${length} octets to come, mask ${mask.toString('hex')}`,
    );
    const header = Buffer.allocUnsafe(14);
    const end = writeHeader(header, 0, { opcode, fin: false, rsv: 0 }, length, mask);
    this.#send(header.subarray(0, end), undefined, false);
    return { mask, phase: 0 };
  }

  /** A piece of the payload of the frame begun by `sendHeader`. */
  sendPiece(frame: { mask: Buffer; phase: number }, octets: Buffer): void {
    this.#log.note(() => `${octets.length} octets of its payload leave: ${JSON.stringify(payloadText(octets))}`);
    const masked = Buffer.allocUnsafe(octets.length);
    maskInto(masked, 0, octets, frame.mask, frame.phase);
    frame.phase += octets.length;
    this.#send(masked, undefined, false);
  }

  /** A Close with any body, legal or not; only the first has an effect (RFC 6455 5.5.1). */
  sendClose(code: number | null, reason: Buffer | null, isReply = false): void {
    if (this.#state !== 'open') return;
    const body = Buffer.alloc((code === null ? 0 : 2) + (reason?.length ?? 0));
    if (code !== null) body.writeUInt16BE(code);
    reason?.copy(body, code === null ? 0 : 2);
    this.sendFrame({ opcode: 8, fin: true, rsv: 0 }, body);
    this.#state = 'closing';
    this.facts.closedByMe = !isReply;
    this.facts.localCloseCode = code;
    this.facts.localCloseReason = reason;
    if (!isReply) this.#closeTimer = this.after(this.#patience.closeHandshake, () => this.#closeTimedOut());
  }

  /** Fails the connection (RFC 6455 7.1.7): a Close first, TCP when a Close has gone already. */
  fail(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#log.note(() => `the connection is failed with ${code}: ${reason}`);
    this.facts.failedByMe = true;
    if (this.#state === 'open') this.sendClose(code, Buffer.from(reason, 'utf8').subarray(0, 123));
    else this.#drop();
  }

  /**
   * Calls back in so many seconds unless cancelled or the connection is over by then. Timers of equal delay fire in the
   * order in which they were made, and behind what has already arrived.
   */
  after(seconds: number, callback: () => void): Alarm {
    const alarm: Alarm = { on: true };
    const ms = seconds * this.#patience.second * 1000;
    const due = performance.now() + ms;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#lateMs = Math.max(this.#lateMs, performance.now() - due);
      // Octets that came while this process was busy were in time: they are read before the timer counts.
      setImmediate(() => {
        if (alarm.on && this.#state !== 'closed') callback();
      });
    }, ms);
    this.#timers.add(timer);
    return alarm;
  }

  /** Octets to the wire: with others of this turn, or, where cut or marked or something waits already, in the queue. */
  #send(octets: Buffer, chop: number | undefined, sync: boolean): void {
    if (chop !== undefined) {
      for (let i = 0; i < octets.length; i += chop)
        this.#queue.push({ octets: octets.subarray(i, i + chop), sync: true });
      this.#drain();
    } else if (sync || this.#queue.length > 0) {
      this.#queue.push({ octets, sync });
      this.#drain();
    } else this.#write(octets, false);
  }

  #write(octets: Buffer, sync: boolean): void {
    if (this.#state === 'open') this.sent.wire += octets.length;
    else if (this.#state === 'connecting') this.sent.preopen += octets.length;
    this.#log.wrote(octets, sync);
    this.#peer.write(octets);
  }

  /** Empties the queue, one element per turn of the event loop, so that each leaves in a write of its own. */
  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#drainNext();
  }

  #drainNext(): void {
    const next = this.#queue[this.#drained];
    if (next === undefined) {
      this.#queue.length = 0;
      this.#drained = 0;
      this.#draining = false;
      return;
    }
    this.#drained++;
    if (this.#drained === this.#queue.length) {
      this.#queue.length = 0;
      this.#drained = 0;
    }
    if (this.#state !== 'closed') this.#write(next.octets, next.sync);
    setImmediate(() => this.#drainNext());
  }
  /** How many elements at the front of the queue have left. */
  #drained = 0;

  // ---- receiving

  #connected(): void {
    this.#log.restart();
    this.after(this.#patience.openHandshake, () => {
      if (this.#state !== 'connecting') return;
      this.facts.wasOpenHandshakeTimeout = true;
      this.#abort('peer did not finish (in time) the opening handshake');
    });
    this.facts.httpRequest = requestText(forShow(this.#request));
    this.#log.note(() => `the opening handshake leaves: ${this.facts.httpRequest.trimEnd()}`);
    this.#write(Buffer.from(requestText(this.#request), 'utf8'), false);
  }

  #received(chunk: Buffer): void {
    if (this.#state === 'closed') return;
    this.#log.received(chunk);
    this.#heardAt = performance.now();
    if (this.#state === 'open') this.got.wire += chunk.length;
    else if (this.#state === 'connecting') this.got.preopen += chunk.length;
    try {
      if (this.#state === 'connecting') this.#readHead(chunk);
      else this.#reader?.push(chunk);
    } catch {
      // Octets that cannot be decoded or inflated end the original's connection as if the server had dropped it.
      this.#peer.tearDown();
    }
  }

  #readHead(chunk: Buffer): void {
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf(HEADERS_END);
    if (end < 0) return;
    const block = this.#head.subarray(0, end + HEADERS_END.length);
    const rest = this.#head.subarray(block.length);
    const answer: HandshakeVerdict = readResponse(block, this.#request);
    this.facts.httpResponse = block.toString('utf8');
    this.#log.note(() => `it is answered: ${this.facts.httpResponse.trimEnd()}`);
    if (!answer.ok) {
      this.#abort(answer.why);
      return;
    }
    this.#state = 'open';
    this.facts.wasOpen = true;
    this.#opened = performance.now();
    this.#reader = new Reader(this.#readerEvents(), answer.deflate);
    this.#events.opened(answer.deflate);
    if (rest.length > 0 && this.#isOpenOrClosing()) this.#reader.push(rest);
  }

  // The state may have changed in a callback, which the compiler does not see.
  #isOpenOrClosing(): boolean {
    return this.#state === 'open' || this.#state === 'closing';
  }

  #readerEvents(): ConstructorParameters<typeof Reader>[0] {
    const endpoint = this;
    return {
      violation: (why) => this.fail(1002, why),
      invalidText: (why) => this.fail(1007, why),
      frame: (head, payload, mask) => {
        if (head.opcode <= 2 && this.#state === 'open') this.got.frames++;
        this.#log.frameReceived(head, payload, mask);
      },
      data: (wireOctets, appOctets) => {
        if (this.#state !== 'open') return;
        this.got.webSocket += wireOctets;
        this.got.app += appOctets;
      },
      message: (octets, binary) => {
        if (this.#state === 'open') this.got.messages++;
        this.#events.message(octets, binary);
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
    if (opcode === 8) this.#closeReceived(payload);
    else if (opcode === 9) {
      // 5.5.2: a Ping is answered unless a Close has gone already.
      if (this.#state === 'open') this.sendFrame({ opcode: 10, fin: true, rsv: 0 }, payload);
    } else if (opcode === 10) this.#events.pong(payload);
  }

  /** A Close in any state (RFC 6455 5.5.1, 7.1.5). Throws TypeError where the reason is no text. */
  #closeReceived(body: Buffer): void {
    const code = body.length >= 2 ? body.readUInt16BE(0) : null;
    this.facts.remoteCloseCode = code;
    if (code !== null && !LEGAL_CODES.has(code) && !(code >= 3000 && code < 5000))
      this.fail(1002, `close code ${code} must not be sent`);
    // Of two Closes the later counts, also where it has no reason.
    if (body.length <= 2) this.facts.remoteCloseReason = null;
    else {
      const reason = body.subarray(2);
      const text = new Utf8Judge();
      if (!text.push(reason)) this.fail(1007, 'close reason is not UTF-8');
      // A reason that merely ends inside a character is noticed here, and then there is no Close from us.
      if (!text.complete) throw new TypeError('close reason is not UTF-8');
      this.facts.remoteCloseReason = reason.toString('utf8');
    }
    switch (this.#state) {
      case 'closing':
        if (this.#closeTimer !== null) this.#closeTimer.on = false;
        this.facts.wasClean = true;
        this.after(this.#patience.serverDrop, () => this.#droppedLate('server did not drop TCP connection (in time)'));
        break;
      case 'open':
        this.facts.wasClean = true;
        this.sendClose(1000, null, true);
        // The original waits here until the server ends TCP (7.1.1), if need be for ever.
        this.after(this.#patience.afterServerClose, () =>
          this.#droppedLate('server closed, but did not drop the TCP connection'),
        );
        break;
      case 'closed':
        this.facts.wasClean = false;
        break;
      case 'connecting':
        break;
    }
  }

  // ---- the end

  #closeTimedOut(): void {
    this.facts.wasCloseHandshakeTimeout = true;
    this.#abort('peer did not respond (in time) in closing handshake');
  }

  #droppedLate(why: string): void {
    this.facts.wasClean = false;
    this.facts.wasServerConnectionDropTimeout = true;
    this.#abort(why);
  }

  /** Ends TCP with RST; what is queued is lost. */
  #abort(why: string): void {
    if (this.#state === 'closed') return;
    this.#log.note(() => `TCP is reset by us: ${why}`);
    this.facts.wasClean = false;
    this.facts.wasNotCleanReason = why;
    this.facts.droppedByMe = true;
    this.#state = 'closed';
    this.#peer.abort();
  }

  /** Ends TCP with FIN behind what is queued. */
  #drop(): void {
    if (this.#state === 'closed') return;
    this.#log.note(() => 'TCP is ended by us');
    this.facts.droppedByMe = true;
    this.#state = 'closed';
    this.#peer.drop();
  }

  #lost(): void {
    this.#log.note(() => (this.#state === 'closed' ? 'TCP is over' : 'TCP was ended by the server'));
    this.#state = 'closed';
    const { facts } = this;
    if (!facts.wasClean && !facts.droppedByMe && facts.wasNotCleanReason === null)
      facts.wasNotCleanReason = PEER_DROPPED;
    this.#clearTimers();
    this.#events.lost();
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

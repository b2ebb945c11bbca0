import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { copyIfBorrowed } from '../memory/borrowed-memory.ts';
import { largeBufferOf, releaseLargeBuffers } from '../memory/large-buffers.ts';
import { releaseWriteBuffer, type WriteBuffer, withdrawFromSharing } from '../memory/write-buffers.ts';
import { CLOSE, type Close, NO_CLOSE, NO_CODE } from '../protocol/close.ts';
import type { Kind, Message } from '../protocol/message.ts';
import type { Performer, Protocol, Step } from '../protocol/protocol.ts';
import type { Violation } from '../protocol/violation.ts';
import type { Limits } from './options.ts';
import { ReadThrottle } from './read-throttle.ts';
import { useSharedReadBuffer } from './shared-read-buffer.ts';
import { SlowFrameDetector } from './slow-frame-detector.ts';

/**
 * How a connection came to its end (RFC 6455 §7.1.4 to §7.1.6). `code` is the peer's, 1005 where its Close had none,
 * 1006 where there was no Close. `error` is the rule it broke or what the socket complained of.
 */
export type Ended = {
  readonly code: number;
  readonly reason: string;
  readonly clean: boolean;
  readonly error?: Violation | Error;
};

/** What happens on a connection. */
export type ConnectionEvents = {
  /** A whole message. Its bytes are the listener's to keep or change. */
  message: [message: Message];
  /** A Pong, asked for or not. */
  pong: [payload: Buffer];
  /** All that was sent has left this process. */
  drain: [];
  /** TCP is down; nothing more will happen. Once per connection. */
  close: [ended: Ended];
  /** A listener threw, or what it promised failed; the connection is closed with 1011. */
  fault: [error: unknown];
};

/**
 * Takes a message as `bytes[from, to)`, without an object made for it. The memory is lent for the length of the call:
 * copy what is to be kept, or hand it to `sendRange`, which sees to it that it stays until it has left.
 */
export type Receiver = (kind: Kind, bytes: Buffer, from: number, to: number) => void;

/** Pieces up to this many octets altogether are joined; above, the kernel gathers them (writev). */
const JOIN_UP_TO_BYTES = 64 * 1024;

/** A write this small that has to wait is copied, so that it does not hold on to memory many times its size. */
const COPY_UP_TO_BYTES = 16 * 1024;

const NOTHING = Buffer.alloc(0);

/**
 * A WebSocket connection: the one place that holds a socket and a timer. It performs the protocol's steps and writes
 * what they made in one go.
 */
export class Connection extends EventEmitter<ConnectionEvents> implements Performer {
  /** The subprotocol agreed, if any. */
  readonly subprotocol: string | undefined;
  readonly #socket: Socket;
  readonly #protocol: Protocol;
  readonly #limits: Limits;
  #timer: NodeJS.Timeout | undefined;
  /** When the peer was last known to be alive, on the monotonic clock. */
  #heardMs = performance.now();
  /** Left to send when the timer was last set: less of it now means that the peer reads. */
  #unsentBytes = 0;
  /** The newest Ping that came while earlier output was still unsent (RFC 6455 §5.5.3). */
  #owedPong: Buffer | undefined;
  /** Octets that the socket had not sent when something was last written to it. */
  #backlogBytes = 0;
  /** What the socket has not sent yet: shared memory that holds some of it, and pieces that lie in rooms. */
  #slabs: WriteBuffer[] = [];
  #inRooms: Buffer[] = [];
  #receiver: Receiver | undefined;
  readonly #trickle = new SlowFrameDetector();
  readonly #pace = new ReadThrottle();
  #performing = false;
  #flushAsked = false;
  #bringAtMost: (bytes: number) => void = () => undefined;
  /** Reading waits until others have had their turn. */
  #yielding = false;
  #ending = false;
  /** The application wants to hear no more. */
  #dropped = false;
  #received: Close | undefined;
  #error: Violation | Error | undefined;

  constructor(socket: Socket, protocol: Protocol, limits: Limits, subprotocol?: string) {
    super({ captureRejections: true });
    this.#socket = socket;
    this.#protocol = protocol;
    this.#limits = limits;
    this.subprotocol = subprotocol;
  }

  /**
   * Starts: `response` is written first, then `head`, the octets that came with the request, is read.
   * Listeners must be attached before, or they miss what `head` holds.
   */
  open(response: Buffer, head: Buffer): void {
    const socket = this.#socket;
    socket.on('drain', this.#drained);
    socket.on('end', this.#peerEnded);
    socket.on('close', this.#down);
    this.#setTimer(this.#limits.pingIntervalMs);
    socket.cork();
    socket.write(response);
    // What came while the handshake was being judged waits in the stream.
    const waiting: Buffer | null = socket.read();
    const early = waiting === null ? head : Buffer.concat([head, waiting]);
    if (early.length > 0) this.#read(early);
    socket.uncork();
    const bringAtMost = useSharedReadBuffer(socket, this.#read);
    if (bringAtMost === undefined) socket.on('data', this.#read);
    else this.#bringAtMost = bringAtMost;
    socket.resume();
  }

  /**
   * Has `receiver` take messages in place of `message` events: for those to whom an object per message is too much, as
   * an echo or a relay of many small ones. There is one receiver; the last one given.
   */
  receive(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  /** To be attached to the socket the moment it is ours: what it complains of ends this connection, not the process. */
  readonly failed = (error: Error): void => {
    this.#error ??= error;
  };

  /** May messages still be sent? */
  get isOpen(): boolean {
    return !this.#protocol.closeSent && !this.#ending && this.#socket.writable;
  }

  /** Octets sent that have not left this process. */
  get unsentBytes(): number {
    return this.#socket.writableLength + this.#protocol.unsentBytes;
  }

  /**
   * Sends a message: a string as text, octets as binary, or a message as it came.
   *
   * @returns true to go on; false when it was not sent (closed) or when more should wait for `drain`.
   * @throws {TypeError} for anything else.
   */
  send(data: string | Uint8Array | Message): boolean {
    if (typeof data === 'string') return this.#send('text', Buffer.from(data));
    if (data instanceof Uint8Array) return this.#send('binary', view(data));
    if (isMessage(data)) return this.#send(data.kind, data.bytes);
    throw new TypeError('send takes a string, a Uint8Array or a message');
  }

  /**
   * Sends `bytes[from, to)` as a message, text or binary. Text is taken for UTF-8 without a look. Above 16 KiB the
   * octets are sent from where they are, and must not be changed before they have left. What is lent is seen to.
   *
   * @returns as `send`.
   */
  sendRange(kind: Kind, bytes: Buffer, from: number, to: number): boolean {
    return this.#send(kind, bytes, from, to);
  }

  #send(kind: Kind, bytes: Buffer, from?: number, to?: number): boolean {
    // Within a read the flush at its end sees to a socket that is gone.
    if (!(this.#performing ? !this.#ending : this.isOpen)) return false;
    if (!this.#protocol.send(kind, bytes, from, to)) return false;
    if (!this.#performing) this.#askFlush();
    return this.#backlogBytes + this.#protocol.unsentBytes < this.#limits.pauseReadingAtUnsentBytes;
  }

  /** Sends a Ping (RFC 6455 §5.5.2). @throws {RangeError} for more than 125 octets, {TypeError} for no octets at all. */
  ping(payload: Uint8Array = NOTHING): boolean {
    if (!(payload instanceof Uint8Array)) throw new TypeError('ping takes a Uint8Array');
    if (!this.isOpen) return false;
    const sent = this.#protocol.ping(view(payload));
    this.#askFlush();
    return sent;
  }

  /**
   * Begins to close (RFC 6455 §7.1.2): sends a Close and gives the peer `closeTimeoutMs` to answer. The second call,
   * and one after the peer's Close, does nothing.
   *
   * @throws {RangeError} for a code that may not travel or a reason of more than 123 octets, {TypeError} for a reason
   * that is no string.
   */
  close(code: number = CLOSE.normal, reason = ''): void {
    if (typeof reason !== 'string') throw new TypeError('a close reason is a string');
    if (!this.#protocol.close({ code, reason })) return;
    this.#askFlush();
    this.#setTimer(this.#limits.closeTimeoutMs);
  }

  /** Ends at once, without a Close. */
  destroy(): void {
    this.#dropped = true;
    this.#socket.destroy();
  }

  readonly #read = (chunk: Buffer): void => {
    this.#heardMs = performance.now();
    this.#trickle.read(chunk.length);
    this.#performing = true;
    this.#protocol.borrow();
    try {
      this.#protocol.receive(chunk, this);
    } finally {
      this.#performing = false;
      this.#flush();
    }
    // Only where `drain` will follow, which wakes it again; none follows, and none is needed, once our FIN is in line.
    if (this.#backlogBytes >= this.#limits.pauseReadingAtUnsentBytes && this.#socket.writableNeedDrain) {
      this.#socket.pause();
    } else if (chunk.length === this.#pace.mostBytes) {
      if (this.#pace.full(performance.now() - this.#heardMs)) this.#yield();
      this.#bringAtMost(this.#pace.mostBytes);
    }
  };

  #yield(): void {
    this.#yielding = true;
    this.#socket.pause();
    setImmediate(this.#resume);
  }

  readonly #resume = (): void => {
    this.#yielding = false;
    if (this.#backlogBytes < this.#limits.pauseReadingAtUnsentBytes || this.#ending) this.#socket.resume();
  };

  /** From the protocol, within a read. Not for applications. */
  message(kind: Kind, bytes: Buffer, from: number, to: number): boolean {
    // What is not taken by the fast path comes here too, and asks nobody whether it is still wanted.
    if (this.#dropped) return false;
    const receiver = this.#receiver;
    if (receiver === undefined) {
      // A copy, for the listener's to keep.
      this.#tell('message', { kind, bytes: copyIfBorrowed(bytes.subarray(from, to)) });
      return !this.#dropped;
    }
    try {
      const promised: unknown = receiver(kind, bytes, from, to);
      if (promised instanceof Promise) promised.catch(this.#faulted);
    } catch (error) {
      this.#faulted(error);
    }
    return !this.#dropped;
  }

  /** From the protocol, within a read. Not for applications. */
  perform(step: Step): void {
    switch (step.do) {
      case 'deliver':
        this.message(step.message.kind, step.message.bytes, 0, step.message.bytes.length);
        return;
      case 'heard':
        this.#tell('pong', copyIfBorrowed(step.payload));
        return;
      case 'pong':
        // A peer that pings and does not read gets one Pong when it does, not a queue of them.
        if (!this.#socket.writableNeedDrain) this.#protocol.pong(step.payload);
        else this.#owedPong = copyIfBorrowed(step.payload);
        return;
      case 'close':
        this.#protocol.close(step.close);
        return;
      case 'end':
        this.#received = step.received;
        this.#error ??= step.violation;
        this.#flush();
        this.#end();
        return;
    }
  }

  /** Tells the application. What its listeners throw ends this connection, and this one only. */
  #tell<Event extends 'message' | 'pong' | 'drain'>(event: Event, ...what: ConnectionEvents[Event]): void {
    if (this.#dropped) return;
    try {
      // The generic above ties event and arguments; EventEmitter's own types cannot follow it here.
      (this as EventEmitter).emit(event, ...what);
    } catch (error) {
      this.#faulted(error);
    }
  }

  /** The application threw: this connection ends with 1011, the others go on. */
  readonly #faulted = (error: unknown): void => {
    this.emit('fault', error);
    this.close(CLOSE.internalError);
  };

  /** Within a read the end of the read flushes; elsewhere the end of this turn does, for all that was sent in it. */
  #askFlush(): void {
    if (this.#performing || this.#flushAsked) return;
    this.#flushAsked = true;
    queueMicrotask(this.#flushAskedFor);
  }

  readonly #flushAskedFor = (): void => {
    this.#flushAsked = false;
    this.#flush();
  };

  #flush(): void {
    const socket = this.#socket;
    const pieces = this.#protocol.take();
    const [first] = pieces;
    if (first === undefined) return;
    if (!socket.writable) {
      releaseLargeBuffers(pieces);
      return;
    }
    if (pieces.length === 1 && first.length <= COPY_UP_TO_BYTES && this.#backlogBytes > 0) {
      socket.write(Buffer.from(first));
      this.#backlogBytes = socket.writableLength;
      return;
    }
    if (pieces.length === 1) {
      socket.write(first, first.length > COPY_UP_TO_BYTES ? this.#sent : undefined);
    } else {
      let total = 0;
      for (const piece of pieces) total += piece.length;
      if (total <= JOIN_UP_TO_BYTES) {
        socket.write(Buffer.concat(pieces, total));
      } else {
        socket.cork();
        for (const piece of pieces) socket.write(piece, this.#sent);
        socket.uncork();
      }
    }
    this.#backlogBytes = socket.writableLength;
    if (this.#backlogBytes > 0) this.#keep(pieces);
    // The kernel took all. A single piece lies in no room: those have their headers in front.
    else if (pieces.length > 1) releaseLargeBuffers(pieces);
  }

  /** Nobody may write over `pieces` before they have been sent. */
  #keep(pieces: readonly Buffer[]): void {
    const slab = withdrawFromSharing(pieces);
    if (slab !== undefined) this.#slabs.push(slab);
    this.#inRooms.push(...pieces.filter(largeBufferOf));
  }

  /** A large write has left, or never will. */
  readonly #sent = (error?: Error | null): void => {
    if (!error && this.#socket.writableLength === 0) this.#letGo();
  };

  #letGo(): void {
    for (const slab of this.#slabs) releaseWriteBuffer(slab);
    releaseLargeBuffers(this.#inRooms);
    this.#slabs = [];
    this.#inRooms = [];
  }

  /**
   * Our FIN (RFC 6455 §7.1.1: the server drops TCP first). Reading goes on, into nothing, until the peer's FIN: octets
   * that wait unread when a socket is closed make the kernel send RST, which could overtake our Close frame.
   */
  #end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#socket.end();
    this.#socket.resume();
    this.#setTimer(this.#limits.closeTimeoutMs);
  }

  readonly #drained = (): void => {
    this.#heardMs = performance.now();
    this.#sent();
    this.#backlogBytes = this.#socket.writableLength;
    if (this.#owedPong !== undefined) {
      this.#protocol.pong(this.#owedPong);
      this.#owedPong = undefined;
      this.#flush();
    }
    // What a read made us write can have left before libuv reads again: that is not yet the turn of the others.
    if (!this.#yielding) this.#socket.resume();
    this.#tell('drain');
  };

  readonly #peerEnded = (): void => {
    this.#flush();
    this.#end();
  };

  #setTimer(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#unsentBytes = this.#socket.writableLength;
    this.#timer = setTimeout(this.#timeUp, afterMs);
  }

  /** One timer per connection: for the next Ping while it lives, for the peer's part once a Close or FIN is out. */
  readonly #timeUp = (): void => {
    const reads = this.#socket.writableLength < this.#unsentBytes;
    if (this.#ending || this.#protocol.closeSent) {
      if (reads) this.#setTimer(this.#limits.closeTimeoutMs);
      else this.#socket.destroy();
      return;
    }
    if (reads) this.#heardMs = performance.now();
    if (this.#trickle.dawdles(this.#protocol.inFrame)) {
      this.#error ??= new Error('the peer sends a frame too slowly');
      this.close(CLOSE.policy, 'too slow');
      return;
    }
    const { pingIntervalMs, pingTimeoutMs } = this.#limits;
    const silentMs = performance.now() - this.#heardMs;
    if (silentMs >= pingTimeoutMs) {
      this.#error ??= new Error(`the peer said nothing for ${Math.round(silentMs / 1000)} s`);
      this.#socket.destroy();
      return;
    }
    if (silentMs >= pingIntervalMs - 1) {
      this.#protocol.rest();
      this.ping();
      this.#setTimer(Math.ceil(Math.min(pingIntervalMs, pingTimeoutMs - silentMs)));
    } else {
      this.#setTimer(Math.ceil(pingIntervalMs - silentMs));
    }
  };

  readonly #down = (): void => {
    clearTimeout(this.#timer);
    this.#protocol.dispose();
    this.#letGo();
    const received = this.#received;
    const code = received === undefined ? NO_CLOSE : (received.code ?? NO_CODE);
    const ended = { code, reason: received?.reason ?? '', clean: received !== undefined };
    try {
      this.emit('close', this.#error === undefined ? ended : { ...ended, error: this.#error });
    } catch (error) {
      this.emit('fault', error);
    }
  };

  /** Node calls this for a listener that is asynchronous, when it fails. */
  [Symbol.for('nodejs.rejection')](error: unknown): void {
    this.#faulted(error);
  }
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isMessage(data: unknown): data is Message {
  return (
    typeof data === 'object' &&
    data !== null &&
    'kind' in data &&
    (data.kind === 'text' || data.kind === 'binary') &&
    'bytes' in data &&
    Buffer.isBuffer(data.bytes)
  );
}

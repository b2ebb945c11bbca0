import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { copyIfBorrowed } from '../memory/borrowed-memory.ts';
import { largeBufferOf, releaseLargeBuffers } from '../memory/large-buffers.ts';
import { releaseWriteBuffer, type WriteBuffer, withdrawFromSharing } from '../memory/write-buffers.ts';
import type { Violation } from '../protocol/close.ts';
import { CLOSE, type Close, NO_CLOSE, NO_CODE } from '../protocol/close.ts';
import type { Kind, Message } from '../protocol/message.ts';
import type { Performer, Protocol, Step } from '../protocol/protocol.ts';
import type { Limits } from './options.ts';
import { ReadThrottle } from './read-throttle.ts';
import { useSharedReadBuffer } from './shared-read-buffer.ts';
import { SlowFrameDetector } from './slow-frame-detector.ts';

/**
 * How a connection ended (RFC 6455 §7.1.4 to §7.1.6).
 *
 * - `code`: close code of the peer; 1005 if the peer's Close frame had no code, 1006 if the peer sent no Close frame.
 * - `reason`: close reason of the peer.
 * - `clean`: whether the peer sent a Close frame.
 * - `error`: the rule that the peer broke, or the error of the socket.
 */
export type Ended = {
  readonly code: number;
  readonly reason: string;
  readonly clean: boolean;
  readonly error?: Violation | Error;
};

/** Events of a Connection with their arguments. */
export type ConnectionEvents = {
  /** A complete message arrived. The listener may keep and change its bytes. */
  message: [message: Message];
  /** A Pong arrived, with or without a Ping before it. */
  pong: [payload: Buffer];
  /** All sent data has been passed to the kernel. */
  drain: [];
  /** The TCP connection is closed. Emitted exactly once, as the last event. */
  close: [ended: Ended];
  /** A listener threw or returned a promise that failed. The connection is closed with 1011. */
  fault: [error: unknown];
};

/**
 * Receives a message: the bytes of `bytes` from index `from` up to but not including `to`. No object is created per
 * message. The memory is borrowed: the next read or message overwrites it after the call. Copy the bytes to keep them,
 * or pass the range to `sendRange`, which handles borrowed memory.
 */
export type Receiver = (kind: Kind, bytes: Buffer, from: number, to: number) => void;

/**
 * Pieces of output up to this total size are joined for one write. Larger pieces are written separately, and the kernel
 * sends them together (writev).
 */
const MAX_JOINED_BYTES = 64 * 1024;

/**
 * If the socket cannot send a piece of output at once, a piece of up to this size is copied. Otherwise a small piece
 * would keep a whole write buffer of 512 KiB in use.
 */
const MAX_COPIED_BYTES = 16 * 1024;

const EMPTY = Buffer.alloc(0);

/**
 * A WebSocket connection. It owns the socket and one timer, performs the actions that the protocol demands ("steps"),
 * and sends all answers to a read in one write.
 */
export class Connection extends EventEmitter<ConnectionEvents> implements Performer {
  /** Negotiated subprotocol (RFC 6455 §1.9), or undefined. */
  readonly subprotocol: string | undefined;
  readonly #socket: Socket;
  readonly #protocol: Protocol;
  readonly #limits: Limits;
  #timer: NodeJS.Timeout | undefined;
  /** Time (`performance.now()`) of the last sign of life of the peer: the peer sent data, or accepted data. */
  #lastHeardMs = performance.now();
  /** Number of unsent bytes when the timer was set. If there are fewer unsent bytes later, the peer reads. */
  #unsentBytes = 0;
  /** Payload of the newest Ping that arrived while output was unsent. Only this Ping is answered (RFC 6455 §5.5.3). */
  #pendingPong: Buffer | undefined;
  /** Number of bytes that the socket had not sent after the last write. */
  #backlogBytes = 0;
  /** Write buffers that contain unsent data. */
  #writeBuffers: WriteBuffer[] = [];
  /** Unsent pieces whose memory is a large buffer, which must be released after sending. */
  #retainedPieces: Buffer[] = [];
  #receiver: Receiver | undefined;
  readonly #slowFrames = new SlowFrameDetector();
  readonly #throttle = new ReadThrottle();
  #inRead = false;
  #flushScheduled = false;
  #setReadSize: (bytes: number) => void = () => undefined;
  /**
   * True while reading is paused until the next turn of the event loop. The pause gives other connections their turn.
   */
  #yielding = false;
  /** True after the server sent FIN, which ends its side of the TCP connection. */
  #finSent = false;
  /** True after `destroy`: the application gets no further messages. */
  #destroyed = false;
  /** Close frame of the peer. */
  #receivedClose: Close | undefined;
  #error: Violation | Error | undefined;

  constructor(socket: Socket, protocol: Protocol, limits: Limits, subprotocol?: string) {
    super({ captureRejections: true });
    this.#socket = socket;
    this.#protocol = protocol;
    this.#limits = limits;
    this.subprotocol = subprotocol;
  }

  /**
   * Starts the connection: writes the handshake response, then processes `head`, the bytes that arrived with the
   * request. Attach listeners before this call, because `head` can contain messages.
   */
  open(response: Buffer, head: Buffer): void {
    const socket = this.#socket;
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
    this.#setTimer(this.#limits.pingIntervalMs);
    socket.cork();
    socket.write(response);
    // The stream contains the bytes that arrived while the server waited for the `verify` function.
    const buffered: Buffer | null = socket.read();
    const early = buffered === null ? head : Buffer.concat([head, buffered]);
    if (early.length > 0) this.#read(early);
    socket.uncork();
    const setReadSize = useSharedReadBuffer(socket, this.#read);
    if (setReadSize === undefined) socket.on('data', this.#read);
    else this.#setReadSize = setReadSize;
    socket.resume();
  }

  /**
   * Passes messages to the function `receiver` instead of emitting `message` events. This saves one object per message,
   * which matters for many small messages. A second call replaces the receiver.
   */
  receive(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  /**
   * Listener for the socket's 'error' event. Attach it at once, because an 'error' event without listener ends the
   * process.
   */
  readonly onSocketError = (error: Error): void => {
    this.#error ??= error;
  };

  /** True while messages can be sent. */
  get isOpen(): boolean {
    return !this.#protocol.closeSent && !this.#finSent && this.#socket.writable;
  }

  /** Number of bytes that the application has sent and the kernel has not accepted yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength + this.#protocol.unsentBytes;
  }

  /**
   * Sends a message: a string as text, a Uint8Array as binary, or a received Message unchanged.
   *
   * @returns false if the connection is closing, and the message was not sent. Also false if too much data is unsent:
   * the message was sent, but the application should wait for `drain` before it sends more.
   * @throws {TypeError} if `data` has another type.
   */
  send(data: string | Uint8Array | Message): boolean {
    if (typeof data === 'string') return this.#send('text', Buffer.from(data));
    if (data instanceof Uint8Array) return this.#send('binary', asBuffer(data));
    if (isMessage(data)) return this.#send(data.kind, data.bytes);
    throw new TypeError('send takes a string, a Uint8Array or a message');
  }

  /**
   * Sends the bytes from index `from` up to but not including `to` as a text or binary message. The caller guarantees
   * that a text is UTF-8. A message of more than 16 KiB is not copied, so its bytes must not change until the data is
   * sent. The bytes that a Receiver gets are safe to pass.
   *
   * @returns false in the same cases as `send`.
   */
  sendRange(kind: Kind, bytes: Buffer, from: number, to: number): boolean {
    return this.#send(kind, bytes, from, to);
  }

  #send(kind: Kind, bytes: Buffer, from?: number, to?: number): boolean {
    // During a read the socket is not checked here. After the read `#flush` checks it and discards the data if the
    // socket is closed.
    if (!(this.#inRead ? !this.#finSent : this.isOpen)) return false;
    if (!this.#protocol.send(kind, bytes, from, to)) return false;
    if (!this.#inRead) this.#scheduleFlush();
    return this.#backlogBytes + this.#protocol.unsentBytes < this.#limits.pauseReadingAtUnsentBytes;
  }

  /**
   * Sends a Ping (RFC 6455 §5.5.2).
   *
   * @returns false if the connection is closing.
   * @throws {RangeError} if the payload exceeds 125 bytes; {TypeError} if the payload is not a Uint8Array.
   */
  ping(payload: Uint8Array = EMPTY): boolean {
    if (!(payload instanceof Uint8Array)) throw new TypeError('ping takes a Uint8Array');
    if (!this.isOpen) return false;
    const sent = this.#protocol.ping(asBuffer(payload));
    this.#scheduleFlush();
    return sent;
  }

  /**
   * Starts the closing handshake (RFC 6455 §7.1.2): sends a Close frame and waits up to `closeTimeoutMs` for the
   * answer. The call has no effect if a Close frame was sent before.
   *
   * @throws {RangeError} if the code is illegal in a frame or the reason exceeds 123 bytes; {TypeError} if the reason
   * is not a string.
   */
  close(code: number = CLOSE.normal, reason = ''): void {
    if (typeof reason !== 'string') throw new TypeError('a close reason is a string');
    if (!this.#protocol.close({ code, reason })) return;
    this.#scheduleFlush();
    this.#setTimer(this.#limits.closeTimeoutMs);
  }

  /** Closes the TCP connection at once, without a Close frame. */
  destroy(): void {
    this.#destroyed = true;
    this.#socket.destroy();
  }

  readonly #read = (chunk: Buffer): void => {
    this.#lastHeardMs = performance.now();
    this.#slowFrames.addBytes(chunk.length);
    this.#inRead = true;
    this.#protocol.beginRead();
    try {
      this.#protocol.receive(chunk, this);
    } finally {
      this.#inRead = false;
      this.#flush();
    }
    // Pause only if a 'drain' event will follow, because that event resumes reading. After the server's FIN there is no
    // such event.
    if (this.#backlogBytes >= this.#limits.pauseReadingAtUnsentBytes && this.#socket.writableNeedDrain) {
      this.#socket.pause();
    } else if (chunk.length === this.#throttle.maxBytes) {
      if (this.#throttle.recordFullRead(performance.now() - this.#lastHeardMs)) this.#yield();
      this.#setReadSize(this.#throttle.maxBytes);
    }
  };

  #yield(): void {
    this.#yielding = true;
    this.#socket.pause();
    setImmediate(this.#resume);
  }

  readonly #resume = (): void => {
    this.#yielding = false;
    if (this.#backlogBytes < this.#limits.pauseReadingAtUnsentBytes || this.#finSent) this.#socket.resume();
  };

  /** Called by the protocol with each message of a read. Applications must not call this method. */
  message(kind: Kind, bytes: Buffer, from: number, to: number): boolean {
    // Messages that the protocol reads frame by frame arrive here even after `destroy`.
    if (this.#destroyed) return false;
    const receiver = this.#receiver;
    if (receiver === undefined) {
      // The listener may keep the message, so borrowed bytes are copied.
      this.#emitToApplication('message', { kind, bytes: copyIfBorrowed(bytes.subarray(from, to)) });
      return !this.#destroyed;
    }
    try {
      const returned: unknown = receiver(kind, bytes, from, to);
      if (returned instanceof Promise) returned.catch(this.#onFault);
    } catch (error) {
      this.#onFault(error);
    }
    return !this.#destroyed;
  }

  /**
   * Called by the protocol with each step (an action that received bytes require). Applications must not call this
   * method.
   */
  perform(step: Step): void {
    switch (step.do) {
      case 'deliver':
        this.message(step.message.kind, step.message.bytes, 0, step.message.bytes.length);
        return;
      case 'heard':
        this.#emitToApplication('pong', copyIfBorrowed(step.payload));
        return;
      case 'pong':
        // While the peer reads nothing, keep only the newest Ping. The peer gets one Pong when it reads again, not a
        // queue of Pongs.
        if (!this.#socket.writableNeedDrain) this.#protocol.pong(step.payload);
        else this.#pendingPong = copyIfBorrowed(step.payload);
        return;
      case 'close':
        this.#protocol.close(step.close);
        return;
      case 'end':
        this.#receivedClose = step.received;
        this.#error ??= step.violation;
        this.#flush();
        this.#sendFin();
        return;
    }
  }

  /** Emits an event to the application. If a listener throws, only this connection is closed. */
  #emitToApplication<Event extends 'message' | 'pong' | 'drain'>(event: Event, ...args: ConnectionEvents[Event]): void {
    if (this.#destroyed) return;
    try {
      // The type parameter of this method checks that the arguments belong to the event. The types of EventEmitter.emit
      // cannot express this.
      (this as EventEmitter).emit(event, ...args);
    } catch (error) {
      this.#onFault(error);
    }
  }

  /** Closes this connection with 1011 after an exception of the application. Other connections continue. */
  readonly #onFault = (error: unknown): void => {
    this.emit('fault', error);
    this.close(CLOSE.internalError);
  };

  /**
   * Schedules one write for everything that is sent in this turn of the event loop. During a read nothing is scheduled,
   * because `#read` writes at its end.
   */
  #scheduleFlush(): void {
    if (this.#inRead || this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(this.#scheduledFlush);
  }

  readonly #scheduledFlush = (): void => {
    this.#flushScheduled = false;
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
    if (pieces.length === 1 && first.length <= MAX_COPIED_BYTES && this.#backlogBytes > 0) {
      socket.write(Buffer.from(first));
      this.#backlogBytes = socket.writableLength;
      return;
    }
    if (pieces.length === 1) {
      socket.write(first, first.length > MAX_COPIED_BYTES ? this.#onWritten : undefined);
    } else {
      let total = 0;
      for (const piece of pieces) total += piece.length;
      if (total <= MAX_JOINED_BYTES) {
        socket.write(Buffer.concat(pieces, total));
      } else {
        socket.cork();
        for (const piece of pieces) socket.write(piece, this.#onWritten);
        socket.uncork();
      }
    }
    this.#backlogBytes = socket.writableLength;
    if (this.#backlogBytes > 0) this.#retainUntilSent(pieces);
    // The kernel accepted all data. If there is only one piece, its memory is not a large buffer, because a frame
    // header in another piece always comes before a large buffer.
    else if (pieces.length > 1) releaseLargeBuffers(pieces);
  }

  /** Keeps the memory of `pieces` from being reused before the data is sent. */
  #retainUntilSent(pieces: readonly Buffer[]): void {
    const writeBuffer = withdrawFromSharing(pieces);
    if (writeBuffer !== undefined) this.#writeBuffers.push(writeBuffer);
    this.#retainedPieces.push(...pieces.filter(largeBufferOf));
  }

  /** Called after a large write. Releases the memory of the sent data when everything is sent. */
  readonly #onWritten = (error?: Error | null): void => {
    if (!error && this.#socket.writableLength === 0) this.#releaseMemory();
  };

  #releaseMemory(): void {
    for (const writeBuffer of this.#writeBuffers) releaseWriteBuffer(writeBuffer);
    releaseLargeBuffers(this.#retainedPieces);
    this.#writeBuffers = [];
    this.#retainedPieces = [];
  }

  /**
   * Sends FIN: the server ends the TCP connection first (RFC 6455 §7.1.1). Until the peer's FIN the server continues to
   * read and ignores the data. If unread data waits when a socket is closed, the kernel sends RST, and the peer can
   * lose the Close frame.
   */
  #sendFin(): void {
    if (this.#finSent) return;
    this.#finSent = true;
    this.#socket.end();
    this.#socket.resume();
    this.#setTimer(this.#limits.closeTimeoutMs);
  }

  readonly #onDrain = (): void => {
    this.#lastHeardMs = performance.now();
    this.#onWritten();
    this.#backlogBytes = this.#socket.writableLength;
    if (this.#pendingPong !== undefined) {
      this.#protocol.pong(this.#pendingPong);
      this.#pendingPong = undefined;
      this.#flush();
    }
    // If reading is paused for the sake of other connections, it stays paused until the next turn of the event loop. A
    // 'drain' event can come before that turn.
    if (!this.#yielding) this.#socket.resume();
    this.#emitToApplication('drain');
  };

  readonly #onEnd = (): void => {
    this.#flush();
    this.#sendFin();
  };

  #setTimer(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#unsentBytes = this.#socket.writableLength;
    this.#timer = setTimeout(this.#onTimer, afterMs);
  }

  /**
   * Handles the only timer of the connection. While the connection is open, the timer sends Pings. After a Close frame
   * or FIN, it limits the time until the end of the TCP connection.
   */
  readonly #onTimer = (): void => {
    const peerReads = this.#socket.writableLength < this.#unsentBytes;
    if (this.#finSent || this.#protocol.closeSent) {
      if (peerReads) this.#setTimer(this.#limits.closeTimeoutMs);
      else this.#socket.destroy();
      return;
    }
    if (peerReads) this.#lastHeardMs = performance.now();
    if (this.#slowFrames.isSlow(this.#protocol.inFrame)) {
      this.#error ??= new Error('the peer sends a frame too slowly');
      this.close(CLOSE.policy, 'too slow');
      return;
    }
    const { pingIntervalMs, pingTimeoutMs } = this.#limits;
    const silentMs = performance.now() - this.#lastHeardMs;
    if (silentMs >= pingTimeoutMs) {
      this.#error ??= new Error(`the peer sent nothing for ${Math.round(silentMs / 1000)} s`);
      this.#socket.destroy();
      return;
    }
    if (silentMs >= pingIntervalMs - 1) {
      this.#protocol.releaseDeflater();
      this.ping();
      this.#setTimer(Math.ceil(Math.min(pingIntervalMs, pingTimeoutMs - silentMs)));
    } else {
      this.#setTimer(Math.ceil(pingIntervalMs - silentMs));
    }
  };

  readonly #onClose = (): void => {
    clearTimeout(this.#timer);
    this.#protocol.dispose();
    this.#releaseMemory();
    const received = this.#receivedClose;
    const code = received === undefined ? NO_CLOSE : (received.code ?? NO_CODE);
    const ended = { code, reason: received?.reason ?? '', clean: received !== undefined };
    try {
      this.emit('close', this.#error === undefined ? ended : { ...ended, error: this.#error });
    } catch (error) {
      this.emit('fault', error);
    }
  };

  /** Node calls this method if an asynchronous listener returns a promise that rejects. */
  [Symbol.for('nodejs.rejection')](error: unknown): void {
    this.#onFault(error);
  }
}

/** Views a Uint8Array as a Buffer without copying. */
function asBuffer(bytes: Uint8Array): Buffer {
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

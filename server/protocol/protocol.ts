import { copyIfBorrowed } from '../memory/borrowed-memory.ts';
import { type Close, readClose, Violation, writeClose } from './close.ts';
import { type Deflater, type Inflater, openDeflate } from './deflate.ts';
import { type RangeSink, readWholeFrames } from './fast-path.ts';
import { FIN, type FrameHeader, isControl, MAX_CONTROL_BYTES, OP, RSV1 } from './frame.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { type Kind, type Message, MessageReader } from './message.ts';
import type { Agreement } from './offers.ts';
import { PayloadAssembler } from './payload-assembler.ts';

/**
 * An action that the server must perform because of received bytes. The class that owns the socket performs these steps
 * in order.
 *
 * - `deliver`: pass a message to the application.
 * - `pong`: answer a Ping with its payload. The answer may be delayed, and then only the newest Ping needs one (RFC
 *   6455 §5.5.3).
 * - `heard`: report a received Pong to the application.
 * - `close`: send this Close frame, unless a Close frame was sent already.
 * - `end`: end the TCP connection. `received` is the Close frame of the peer, `violation` the rule that the peer broke.
 */
export type Step =
  | { readonly do: 'deliver'; readonly message: Message }
  | { readonly do: 'pong'; readonly payload: Buffer }
  | { readonly do: 'heard'; readonly payload: Buffer }
  | { readonly do: 'close'; readonly close: Close }
  | { readonly do: 'end'; readonly received?: Close; readonly violation?: Violation };

/** Settings of a Protocol. */
export type ProtocolSettings = {
  /** Size in bytes of the largest message that is accepted. */
  readonly maxMessageBytes: number;
  /** Largest number of frames in one message. Default: no limit. */
  readonly maxFragmentsPerMessage?: number;
  /** Largest number of bytes that the unfinished messages of all connections hold together. Default: no limit. */
  readonly maxIncompleteBytesPerProcess?: number;
  /** Negotiated parameters of permessage-deflate; undefined if the extension was not negotiated. */
  readonly deflate?: Agreement | undefined;
  /** zlib level for sent messages, 1 to 9. */
  readonly deflateLevel: number;
  /** Messages smaller than this number of bytes are sent uncompressed. */
  readonly deflateFromBytes: number;
};

/**
 * Performs the actions ("steps") that received bytes require. `Protocol.receive` calls these methods while it reads the
 * bytes, in order and before it returns.
 */
export interface Performer extends RangeSink {
  /**
   * Performs one step. The bytes in the step are valid only during the call if they are borrowed, which means that the
   * next read overwrites them.
   */
  perform(step: Step): void;
}

/**
 * The WebSocket protocol of one connection without its socket (RFC 6455 §5 to §7, RFC 7692). `receive` turns received
 * bytes into steps, which are actions for the owner of the socket. `take` returns the bytes to send. Because the class
 * does no I/O, tests can check every rule. A test server can override a method to break one rule on purpose.
 */
export class Protocol implements FrameSink {
  readonly #settings: ProtocolSettings;
  readonly #inflater: Inflater | undefined;
  readonly #deflater: Deflater | undefined;
  readonly #reader: FrameReader;
  readonly #messages: MessageReader;
  readonly #writer = new FrameWriter();
  readonly #controlPayload = new PayloadAssembler();
  /** Opcode of the current frame. */
  #opcode = 0;
  #steps: Step[] = [];
  /**
   * Object that performs the steps of the current `receive` call. If there is none, `receive` collects the steps and
   * returns them.
   */
  #performer: Performer | undefined;
  #closeSent = false;
  /** Function that handles received chunks: `#read`, or `#discard` after the closing handshake or a broken rule. */
  #handleChunk: (chunk: Buffer) => void = this.#read;

  constructor(settings: ProtocolSettings) {
    this.#settings = settings;
    const deflate = settings.deflate && openDeflate(settings.deflate, settings.deflateLevel);
    this.#inflater = deflate?.inflater;
    this.#deflater = deflate?.deflater;
    this.#messages = new MessageReader(settings, this.#inflater);
    this.#reader = new FrameReader(this, settings.deflate !== undefined);
  }

  /** True if a Close frame was sent. No frame may follow a Close frame (RFC 6455 §5.5.1). */
  get closeSent(): boolean {
    return this.#closeSent;
  }

  /**
   * Processes bytes that the socket received. If the peer breaks a rule, the method causes steps that close the
   * connection, and throws nothing. The caller must not use the chunk afterwards: the bytes are unmasked in place, and
   * delivered messages can be views of the chunk.
   *
   * @param performer performs each step at once. It receives messages as byte ranges, which saves one object per
   * message.
   * @returns the steps to perform; an empty list if there is a performer.
   */
  receive(chunk: Buffer, performer?: Performer): readonly Step[] {
    this.#performer = performer;
    try {
      this.#handleChunk(chunk);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.onViolation(error);
    }
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }

  /**
   * Queues a message, to be fetched with `take`. The message is the bytes from index `from` up to but not including
   * `to`.
   *
   * @returns false, and queues nothing, if a Close frame was sent before.
   */
  send(kind: Kind, bytes: Buffer, from = 0, to: number = bytes.length): boolean {
    if (this.#closeSent) return false;
    const opcode = kind === 'text' ? OP.text : OP.binary;
    const length = to - from;
    if (
      this.#deflater !== undefined &&
      length >= this.#settings.deflateFromBytes &&
      this.#deflater.shouldCompress(length)
    ) {
      this.#deflater.deflate(bytes.subarray(from, to), (payload) =>
        this.#writer.writeFrame(FIN | RSV1 | opcode, payload),
      );
    } else {
      this.#writer.writeFrame(FIN | opcode, bytes, from, to);
    }
    return true;
  }

  /**
   * Queues a Ping, to be fetched with `take` (RFC 6455 §5.5.2).
   *
   * @returns false if a Close frame was sent before.
   * @throws {RangeError} if the payload exceeds 125 bytes.
   */
  ping(payload: Buffer): boolean {
    return this.#sendControl(OP.ping, payload);
  }

  /**
   * Queues a Pong, to be fetched with `take` (RFC 6455 §5.5.3).
   *
   * @returns false if a Close frame was sent before.
   * @throws {RangeError} if the payload exceeds 125 bytes.
   */
  pong(payload: Buffer): boolean {
    return this.#sendControl(OP.pong, payload);
  }

  /**
   * Queues a Close frame, to be fetched with `take` (RFC 6455 §5.5.1). No other frame is sent afterwards.
   *
   * @returns false if a Close frame was sent before.
   * @throws {RangeError} if the code is illegal, a reason comes without a code, or the reason exceeds 123 bytes.
   */
  close(close: Close): boolean {
    if (this.#closeSent) return false;
    this.#writer.writeFrame(FIN | OP.close, writeClose(close));
    this.#closeSent = true;
    return true;
  }

  /** Number of bytes that wait until the caller fetches them with `take`. */
  get unsentBytes(): number {
    return this.#writer.pendingBytes;
  }

  /**
   * Tells the protocol that a read begins. Until the next `take`, frames are written into the write buffer that all
   * connections share. The caller must call `take` in the same turn of the event loop.
   */
  beginRead(): void {
    this.#writer.useSharedBuffer();
  }

  /**
   * Returns the queued bytes in sending order, and empties the queue. The caller should send all pieces in one write.
   */
  take(): Buffer[] {
    return this.#writer.take();
  }

  /** True if the beginning of a frame has arrived, but not its end. */
  get inFrame(): boolean {
    return this.#reader.inFrame;
  }

  /**
   * Frees the compression window of an idle connection. A sender may do this at any time (RFC 7692 §7.1.1.1). The
   * inflate window must stay, because the next message of the peer may refer to earlier messages.
   */
  releaseDeflater(): void {
    this.#deflater?.close();
  }

  /** Frees the zlib windows and the memory of an unfinished message. Call when the connection is closed. */
  dispose(): void {
    this.#handleChunk = this.#discard;
    this.#messages.dispose();
    this.#controlPayload.discard();
    this.#inflater?.close();
    this.#deflater?.close();
  }

  /**
   * Called by the frame reader with each frame header.
   *
   * @throws {Violation} if the frame comes in a wrong order or its message exceeds a limit.
   */
  onHeader(header: Readonly<FrameHeader>): void {
    this.#opcode = header.opcode;
    if (!isControl(header.opcode)) this.#messages.begin(header);
  }

  /**
   * Called by the frame reader before each frame header. Reads complete uncompressed messages in a faster way.
   *
   * @throws {Violation} 1007 if a text message is not UTF-8.
   */
  readAhead(chunk: Buffer, at: number): number {
    if (this.#performer === undefined || this.#messages.inMessage) return at;
    return readWholeFrames(chunk, at, this.#settings.maxMessageBytes, this.#performer);
  }

  /**
   * Called by the frame reader with each piece of a payload.
   *
   * @throws {Violation} if the payload breaks a rule or a limit.
   */
  onPayload(bytes: Buffer, last: boolean): void {
    if (!isControl(this.#opcode)) {
      this.#messages.push(bytes, last, this.#deliver);
      return;
    }
    if (last && this.#controlPayload.length === 0) {
      this.onControlFrame(this.#opcode, bytes);
      return;
    }
    this.#controlPayload.add(bytes);
    if (last) this.#controlPayload.finish((payload) => this.onControlFrame(this.#opcode, payload));
  }

  /**
   * Passes a message on as a step. Without a performer the caller uses the step later, when the memory of the received
   * bytes is already overwritten. The step then gets a copy of the message.
   */
  readonly #deliver = ({ kind, bytes }: Message): void => {
    this.emitStep({
      do: 'deliver',
      message: { kind, bytes: this.#performer === undefined ? copyIfBorrowed(bytes) : bytes },
    });
  };

  /**
   * Handles a complete control frame (RFC 6455 §5.5).
   *
   * @throws {Violation} if the payload of a Close frame is invalid.
   */
  protected onControlFrame(opcode: number, payload: Buffer): void {
    if (opcode === OP.ping) this.emitStep({ do: 'pong', payload });
    else if (opcode === OP.pong) this.emitStep({ do: 'heard', payload });
    else this.onCloseFrame(readClose(payload));
  }

  /**
   * Handles the Close frame of the peer. The server answers with the same code, unless it sent its own Close frame
   * before (RFC 6455 §5.5.1). Then it ends the TCP connection, which is the task of the server (§7.1.1).
   */
  protected onCloseFrame(received: Close): void {
    this.#stopReading();
    this.emitStep({ do: 'close', close: received.code === undefined ? received : { code: received.code, reason: '' } });
    this.emitStep({ do: 'end', received });
  }

  /**
   * Closes the connection because the peer broke a rule (RFC 6455 §7.1.7). Messages received before are still
   * delivered.
   */
  protected onViolation(violation: Violation): void {
    this.#stopReading();
    this.emitStep({ do: 'close', close: { code: violation.code, reason: violation.message } });
    this.emitStep({ do: 'end', violation });
  }

  /** Passes a step to the performer. Without a performer the step becomes part of the result of `receive`. */
  protected emitStep(step: Step): void {
    if (this.#performer !== undefined) this.#performer.perform(step);
    else this.#steps.push(step);
  }

  #sendControl(opcode: number, payload: Buffer): boolean {
    if (payload.length > MAX_CONTROL_BYTES) {
      throw new RangeError(
        `a control frame holds at most ${MAX_CONTROL_BYTES} bytes (RFC 6455 5.5), not ${payload.length}`,
      );
    }
    if (this.#closeSent) return false;
    this.#writer.writeFrame(FIN | opcode, payload);
    return true;
  }

  #stopReading(): void {
    this.#reader.stop();
    this.#messages.dispose();
    this.#handleChunk = this.#discard;
  }

  #read(chunk: Buffer): void {
    this.#reader.read(chunk);
  }

  /**
   * Ignores bytes that arrive after a Close frame. The socket must still be read: if unread bytes wait when a socket is
   * closed, the kernel sends RST instead of FIN.
   */
  #discard(_chunk: Buffer): void {}
}

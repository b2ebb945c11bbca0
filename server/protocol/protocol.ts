import { copyIfBorrowed } from '../memory/borrowed-memory.ts';
import { type Close, readClose, writeClose } from './close.ts';
import { type Deflater, type Inflater, openDeflate } from './deflate.ts';
import { type RangeSink, readWholeFrames } from './fast-path.ts';
import { FIN, type FrameHeader, isControl, MAX_CONTROL_BYTES, OP, RSV1 } from './frame.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { type Kind, type Message, MessageReader } from './message.ts';
import type { Agreement } from './offers.ts';
import { PayloadAssembler } from './payload-assembler.ts';
import { Violation } from './violation.ts';

/**
 * What is to be done, in this order, about the octets that came.
 *
 * - `deliver` a message to the application.
 * - `pong`: answer a Ping with its payload, or remember to (RFC 6455 §5.5.3 lets us answer the newest alone).
 * - `heard`: a Pong came.
 * - `close`: send this Close, unless one was sent before.
 * - `end` TCP from our side: all is said. `received` is the peer's Close; `violation` why there is none.
 */
export type Step =
  | { readonly do: 'deliver'; readonly message: Message }
  | { readonly do: 'pong'; readonly payload: Buffer }
  | { readonly do: 'heard'; readonly payload: Buffer }
  | { readonly do: 'close'; readonly close: Close }
  | { readonly do: 'end'; readonly received?: Close; readonly violation?: Violation };

/** What a connection's protocol needs to know. */
export type ProtocolSettings = {
  /** The largest message taken, in octets, inclusive. */
  readonly maxMessageBytes: number;
  /** The most frames a message may be in. Default: any number. */
  readonly maxFragmentsPerMessage?: number;
  /** What unfinished messages of all connections may hold together, in octets. Default: any amount. */
  readonly maxIncompleteBytesPerProcess?: number;
  /** permessage-deflate as agreed; absent where it was not. */
  readonly deflate?: Agreement | undefined;
  /** zlib's level for what we send, 1 to 9. */
  readonly deflateLevel: number;
  /** Messages of fewer octets are sent as they are. */
  readonly deflateFromBytes: number;
};

/** Performs what is to be done while the octets are being read; before `receive` returns, and in its order. */
export interface Performer extends RangeSink {
  perform(step: Step): void;
}

/**
 * One connection's protocol, without its socket (RFC 6455 §5 to §7, RFC 7692): octets in, steps out; what is to be
 * sent waits in `take`. Who performs the steps, and when, is not known here, so that every rule can be tested, and a
 * server that breaks one on purpose can override it.
 */
export class Protocol implements FrameSink {
  readonly #settings: ProtocolSettings;
  readonly #inflater: Inflater | undefined;
  readonly #deflater: Deflater | undefined;
  readonly #reader: FrameReader;
  readonly #messages: MessageReader;
  readonly #outbox = new FrameWriter();
  readonly #control = new PayloadAssembler();
  /** The opcode of the frame being read. */
  #opcode = 0;
  #steps: Step[] = [];
  /** Who performs steps at once, in this call of `receive`; if nobody, they are collected. */
  #performer: Performer | undefined;
  #closeSent = false;
  /** Replaced by `#discard` when nothing that comes can matter any more: a late Ping finds nobody to answer it. */
  #take: (chunk: Buffer) => void = this.#read;

  constructor(settings: ProtocolSettings) {
    this.#settings = settings;
    const deflate = settings.deflate && openDeflate(settings.deflate, settings.deflateLevel);
    this.#inflater = deflate?.inflater;
    this.#deflater = deflate?.deflater;
    this.#messages = new MessageReader(settings, this.#inflater);
    this.#reader = new FrameReader(this, settings.deflate !== undefined);
  }

  /** Has a Close been sent? Then nothing may follow it (RFC 6455 §5.5.1). */
  get closeSent(): boolean {
    return this.#closeSent;
  }

  /**
   * Takes what the socket read; never throws for what a peer did. The chunk is given away: it is unmasked in place and
   * messages may be views of it.
   *
   * @param performer performs each step at once, and takes messages as ranges, which saves an object for each.
   * @returns what is to be done; nothing, if there is a performer, who did it.
   */
  receive(chunk: Buffer, performer?: Performer): readonly Step[] {
    this.#performer = performer;
    try {
      this.#take(chunk);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.violated(error);
    }
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }

  /** Puts a message in line. @returns false, and does nothing, after a Close was sent. */
  send(kind: Kind, bytes: Buffer, from = 0, to: number = bytes.length): boolean {
    if (this.#closeSent) return false;
    const opcode = kind === 'text' ? OP.text : OP.binary;
    const length = to - from;
    if (this.#deflater !== undefined && length >= this.#settings.deflateFromBytes && this.#deflater.pays(length)) {
      this.#deflater.deflate(bytes.subarray(from, to), (payload) => this.#outbox.frame(FIN | RSV1 | opcode, payload));
    } else {
      this.#outbox.frame(FIN | opcode, bytes, from, to);
    }
    return true;
  }

  /** Puts a Ping in line. @throws {RangeError} for a payload of more than 125 octets. */
  ping(payload: Buffer): boolean {
    return this.#sendControl(OP.ping, payload);
  }

  /** Puts a Pong in line. @throws {RangeError} for a payload of more than 125 octets. */
  pong(payload: Buffer): boolean {
    return this.#sendControl(OP.pong, payload);
  }

  /** Puts a Close in line, the last frame there will be. @throws {RangeError} as `writeClose`. */
  close(close: Close): boolean {
    if (this.#closeSent) return false;
    this.#outbox.frame(FIN | OP.close, writeClose(close));
    this.#closeSent = true;
    return true;
  }

  /** Octets in line that `take` would give. */
  get unsentBytes(): number {
    return this.#outbox.bytes;
  }

  /** A read begins: what it makes us send may be put into shared memory, until `take`. */
  borrow(): void {
    this.#outbox.borrow();
  }

  /** What is to be written now, in order; all of it should leave in one write. */
  take(): Buffer[] {
    return this.#outbox.take();
  }

  /** Does a frame wait for its end? */
  get inFrame(): boolean {
    return this.#reader.inFrame;
  }

  /**
   * The connection idles: frees what can be made again. That is the window we compress with, which no peer can ask to
   * be kept (RFC 7692 §7.1.1.1 leaves it to the sender); the one we inflate with has to stay.
   */
  rest(): void {
    this.#deflater?.close();
  }

  /** The connection is over: frees zlib's windows, and what an unfinished message holds. */
  dispose(): void {
    this.#take = this.#discard;
    this.#messages.dispose();
    this.#control.drop();
    this.#inflater?.close();
    this.#deflater?.close();
  }

  /** A frame's header, from the reader. @throws {Violation} */
  header(header: Readonly<FrameHeader>): void {
    this.#opcode = header.opcode;
    if (!isControl(header.opcode)) this.#messages.begin(header);
  }

  /** From the reader: whole messages, taken without a step for each. @throws {Violation} */
  ahead(chunk: Buffer, at: number): number {
    if (this.#performer === undefined || this.#messages.midway) return at;
    return readWholeFrames(chunk, at, this.#settings.maxMessageBytes, this.#performer);
  }

  /** A frame's payload, from the reader. @throws {Violation} */
  payload(bytes: Buffer, last: boolean): void {
    if (!isControl(this.#opcode)) {
      this.#messages.push(bytes, last, this.#deliver);
      return;
    }
    if (last && this.#control.length === 0) {
      this.controlled(this.#opcode, bytes);
      return;
    }
    this.#control.add(bytes);
    if (last) this.#control.lend((payload) => this.controlled(this.#opcode, payload));
  }

  /** What is lent may be looked at by who performs steps at once; steps that are collected outlive it. */
  readonly #deliver = ({ kind, bytes }: Message): void => {
    this.step({
      do: 'deliver',
      message: { kind, bytes: this.#performer === undefined ? copyIfBorrowed(bytes) : bytes },
    });
  };

  /** A whole control frame came (RFC 6455 §5.5). @throws {Violation} for a Close that is not one. */
  protected controlled(opcode: number, payload: Buffer): void {
    if (opcode === OP.ping) this.step({ do: 'pong', payload });
    else if (opcode === OP.pong) this.step({ do: 'heard', payload });
    else this.closed(readClose(payload));
  }

  /** The peer's Close came (§5.5.1): its code goes back, if ours did not go before, and TCP is ours to end (§7.1.1). */
  protected closed(received: Close): void {
    this.#stopReading();
    this.step({ do: 'close', close: received.code === undefined ? received : { code: received.code, reason: '' } });
    this.step({ do: 'end', received });
  }

  /** The peer broke a rule (§7.1.7). Messages from before it stay in front of the Close. */
  protected violated(violation: Violation): void {
    this.#stopReading();
    this.step({ do: 'close', close: { code: violation.code, reason: violation.message } });
    this.step({ do: 'end', violation });
  }

  /** Adds a step to those that `receive` returns. */
  protected step(step: Step): void {
    if (this.#performer !== undefined) this.#performer.perform(step);
    else this.#steps.push(step);
  }

  #sendControl(opcode: number, payload: Buffer): boolean {
    if (payload.length > MAX_CONTROL_BYTES) {
      throw new RangeError(
        `a control frame holds at most ${MAX_CONTROL_BYTES} octets (RFC 6455 5.5), not ${payload.length}`,
      );
    }
    if (this.#closeSent) return false;
    this.#outbox.frame(FIN | opcode, payload);
    return true;
  }

  #stopReading(): void {
    this.#reader.stop();
    this.#messages.dispose();
    this.#take = this.#discard;
  }

  #read(chunk: Buffer): void {
    this.#reader.read(chunk);
  }

  /** After a Close nothing is parsed, and the socket is still read: unread octets would turn our FIN into a RST. */
  #discard(_chunk: Buffer): void {}
}

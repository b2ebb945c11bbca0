import { isUtf8 } from 'node:buffer';
import { CLOSE, notUtf8, tooBig, Violation } from './close.ts';
import type { Inflater } from './deflate.ts';
import { type FrameHeader, OP } from './frame.ts';
import { PayloadAssembler } from './payload-assembler.ts';
import { Utf8Validator } from './utf8.ts';

/** Type of a message: UTF-8 text or binary data (RFC 6455 §5.6). */
export type Kind = 'text' | 'binary';

/** A complete message. For a text message `bytes` is valid UTF-8, and `bytes.toString()` converts it to a string. */
export type Message = { readonly kind: Kind; readonly bytes: Buffer };

/** Limits of a MessageReader. */
export type MessageLimits = {
  /** Largest accepted message in bytes. The limit applies to the compressed size and to the inflated size. */
  readonly maxMessageBytes: number;
  /** Largest number of frames in one message. Default: no limit. */
  readonly maxFragmentsPerMessage?: number;
  /** Largest number of bytes that the unfinished messages of all connections hold together. Default: no limit. */
  readonly maxIncompleteBytesPerProcess?: number;
};

/**
 * Joins data frames to messages (RFC 6455 §5.4), inflates compressed messages (RFC 7692 §7.2.2), and checks the size,
 * the number of fragments and UTF-8.
 */
export class MessageReader {
  readonly #maxBytes: number;
  readonly #inflater: Inflater | undefined;
  #inMessage = false;
  /** Type of the current message. */
  #kind: Kind = 'binary';
  /** Inflater for the current message; undefined if the message is not compressed. */
  #messageInflater: Inflater | undefined;
  /**
   * UTF-8 check of text messages. All messages use the same validator, because the validator is in its initial state
   * again after each valid text.
   */
  readonly #utf8 = new Utf8Validator();
  readonly #assembler: PayloadAssembler;
  /** FIN bit of the current frame: the frame ends its message. */
  #fin = false;

  readonly #maxFragments: number;
  #fragments = 0;

  /** @param inflater present if permessage-deflate was negotiated. */
  constructor(limits: MessageLimits, inflater: Inflater | undefined) {
    this.#maxBytes = limits.maxMessageBytes;
    this.#maxFragments = limits.maxFragmentsPerMessage ?? Number.MAX_SAFE_INTEGER;
    this.#assembler = new PayloadAssembler(limits.maxIncompleteBytesPerProcess);
    this.#inflater = inflater;
  }

  /** Frees the memory of an unfinished message. */
  dispose(): void {
    this.#assembler.discard();
  }

  /** True if a message has begun and its last frame is not complete yet. */
  get inMessage(): boolean {
    return this.#inMessage;
  }

  /**
   * Starts a data frame. Call `push` with the payload afterwards.
   *
   * @throws {Violation} 1002 if the frame is out of order (RFC 6455 §5.4); 1008 if the message has too many frames
   * (§10.4); 1009 if the announced lengths exceed the message limit (§7.4.1).
   */
  begin(header: Readonly<FrameHeader>): void {
    if (header.opcode === OP.continuation) {
      if (!this.#inMessage) throw new Violation(CLOSE.protocolError, 'a continuation without a message', '5.4');
      // The number of fragments is limited too, because even an empty fragment costs CPU time.
      if (++this.#fragments >= this.#maxFragments) {
        throw new Violation(CLOSE.policy, `a message must not exceed ${this.#maxFragments} frames`, '10.4');
      }
    } else {
      if (this.#inMessage) {
        throw new Violation(CLOSE.protocolError, 'a new message inside an unfinished one', '5.4');
      }
      this.#inMessage = true;
      this.#kind = header.opcode === OP.text ? 'text' : 'binary';
      this.#fragments = 0;
      // `this.#inflater` exists if RSV1 is set, because the header check refuses RSV1 without permessage-deflate.
      this.#messageInflater = header.rsv1 ? this.#inflater : undefined;
    }
    const total = this.#assembler.length + header.length;
    if (total > this.#maxBytes) throw tooBig(this.#maxBytes);
    this.#assembler.expectLength(header.fin ? total : this.#maxBytes, header.fin);
    this.#fin = header.fin;
  }

  /**
   * Adds the next piece of the payload of the frame started by `begin`.
   *
   * @param last whether the piece ends the frame.
   * @param deliver called with the message if the piece ends the message. The bytes are valid only during the call if
   * they are borrowed, which means that the next read or message overwrites them.
   * @throws {Violation} 1007 at the first byte that makes a text invalid UTF-8 (RFC 6455 §8.1); 1007 for data that
   * cannot be inflated (RFC 7692 §7.2.2); 1009 if the inflated message exceeds the limit; 1008 if the unfinished
   * messages of the process need too much memory (§10.4).
   */
  push(bytes: Buffer, last: boolean, deliver: (message: Message) => void): void {
    const ends = last && this.#fin;
    // A compressed text is checked after inflating.
    if (this.#kind === 'text' && this.#messageInflater === undefined) {
      if (!(this.#utf8.push(bytes) && (!ends || this.#utf8.isComplete))) throw notUtf8();
    }
    const isWhole = ends && this.#assembler.length === 0; // Most messages are one piece and need no copy.
    if (!isWhole) this.#assembler.add(bytes);
    if (!ends) return;
    this.#inMessage = false;
    if (isWhole) this.#endMessage(bytes, deliver);
    else this.#assembler.finish((payload) => this.#endMessage(payload, deliver));
  }

  #endMessage(payload: Buffer, deliver: (message: Message) => void): void {
    const kind = this.#kind;
    if (this.#messageInflater === undefined) {
      deliver({ kind, bytes: payload });
      return;
    }
    this.#messageInflater.inflate(payload, this.#maxBytes, (bytes) => {
      if (kind === 'text' && !isUtf8(bytes)) throw notUtf8();
      deliver({ kind, bytes });
    });
  }
}

import { isUtf8 } from 'node:buffer';
import { CLOSE } from './close.ts';
import type { Inflater } from './deflate.ts';
import { type FrameHeader, OP } from './frame.ts';
import { PayloadAssembler } from './payload-assembler.ts';
import { Utf8 } from './utf8.ts';
import { Violation } from './violation.ts';

/** What was sent: UTF-8 text or octets (RFC 6455 §5.6). */
export type Kind = 'text' | 'binary';

/** A whole message. `bytes` of a text is UTF-8 that has been checked; `bytes.toString()` makes a string of it. */
export type Message = { readonly kind: Kind; readonly bytes: Buffer };

/** What bounds messages. */
export type MessageLimits = {
  /** The largest message that is taken, inclusive; of a compressed one both forms are measured. */
  readonly maxMessageBytes: number;
  readonly maxFragmentsPerMessage?: number;
  readonly maxIncompleteBytesPerProcess?: number;
};

/** Joins data frames to messages (RFC 6455 §5.4), and refuses those that are too big or not what they say. */
export class MessageReader {
  readonly #maxBytes: number;
  readonly #inflater: Inflater | undefined;
  /** Has a message begun that is not whole yet? */
  #midway = false;
  /** Of that message. */
  #kind: Kind = 'binary';
  /** Undoes that message's compression, if it has any. */
  #inflating: Inflater | undefined;
  /** Judges texts as they come. One for all: where a text may end, the next may begin. */
  readonly #utf8 = new Utf8();
  readonly #gathered: PayloadAssembler;
  /** Does the frame now being read end its message? */
  #fin = false;

  readonly #maxFragments: number;
  #fragments = 0;

  /** @param inflater where permessage-deflate was agreed. */
  constructor(limits: MessageLimits, inflater: Inflater | undefined) {
    this.#maxBytes = limits.maxMessageBytes;
    this.#maxFragments = limits.maxFragmentsPerMessage ?? Number.MAX_SAFE_INTEGER;
    this.#gathered = new PayloadAssembler(limits.maxIncompleteBytesPerProcess);
    this.#inflater = inflater;
  }

  /** Lets go of what an unfinished message holds. */
  dispose(): void {
    this.#gathered.drop();
  }

  /** Has a message begun that is not whole yet? */
  get midway(): boolean {
    return this.#midway;
  }

  /**
   * A data frame begins.
   *
   * @throws {Violation} 1002 for a frame out of its turn (§5.4); 1009 as soon as lengths add up to too much.
   */
  begin(header: Readonly<FrameHeader>): void {
    if (header.opcode === OP.continuation) {
      if (!this.#midway) throw new Violation(CLOSE.protocolError, 'a continuation without a message', '5.4');
      // Each costs us time whatever it holds, and it may hold nothing.
      if (++this.#fragments >= this.#maxFragments) {
        throw new Violation(CLOSE.policy, `a message may be in at most ${this.#maxFragments} frames`, '10.4');
      }
    } else {
      if (this.#midway) {
        throw new Violation(CLOSE.protocolError, 'a new message inside an unfinished one', '5.4');
      }
      this.#midway = true;
      this.#kind = header.opcode === OP.text ? 'text' : 'binary';
      this.#fragments = 0;
      // RSV1 without permessage-deflate was refused with the header (frame.ts), so where it is set there is an inflater.
      this.#inflating = header.rsv1 ? this.#inflater : undefined;
    }
    const total = this.#gathered.length + header.length;
    if (total > this.#maxBytes) throw tooBig(this.#maxBytes);
    this.#gathered.expect(header.fin ? total : this.#maxBytes, header.fin);
    this.#fin = header.fin;
  }

  /**
   * The next piece of the frame that `begin` told of; `last` ends the frame.
   *
   * @param deliver is called with the message, when this ended it; what is lent of it is lent for the length of the call.
   * @throws {Violation} 1007 for text that is not UTF-8 (§8.1), at its first bad octet; 1007 for data that does not
   * inflate; 1009 when inflating passes the limit.
   */
  push(bytes: Buffer, last: boolean, deliver: (message: Message) => void): void {
    const ends = last && this.#fin;
    // Compressed text is judged when it is text again.
    if (this.#kind === 'text' && this.#inflating === undefined) {
      if (!(this.#utf8.push(bytes) && (!ends || this.#utf8.complete))) throw notUtf8();
    }
    const whole = ends && this.#gathered.length === 0; // in one piece, as most messages are: nothing to copy
    if (!whole) this.#gathered.add(bytes);
    if (!ends) return;
    this.#midway = false;
    if (whole) this.#end(bytes, deliver);
    else this.#gathered.lend((all) => this.#end(all, deliver));
  }

  #end(all: Buffer, deliver: (message: Message) => void): void {
    const kind = this.#kind;
    if (this.#inflating === undefined) {
      deliver({ kind, bytes: all });
      return;
    }
    this.#inflating.inflate(all, this.#maxBytes, (bytes) => {
      if (kind === 'text' && !isUtf8(bytes)) throw notUtf8();
      deliver({ kind, bytes });
    });
  }
}

/** For a message of more than `maxBytes`, received or in the course of inflating. */
export function tooBig(maxBytes: number): Violation {
  return new Violation(CLOSE.tooBig, `a message may have at most ${maxBytes} octets`, '7.4.1');
}

/** For text that is not UTF-8, whole or in its first octets. */
export function notUtf8(): Violation {
  return new Violation(CLOSE.invalidData, 'text that is not UTF-8', '8.1');
}

import { Inflater } from './deflate.ts';
import { compressionOf, type Deflate } from './permessage-deflate.ts';
import { Utf8Judge } from './utf8.ts';
import { type FrameHead, otherRole, type Role } from './wire.ts';

/** The events that a reader reports to its endpoint (the owner of the connection). */
export interface ReaderEvents {
  /** The other side has broken a rule of the protocol (close code 1002). The reader goes on with the same frame. */
  violation(why: string): void;
  /** A text is not UTF-8 (close code 1007). The reader goes on reading. */
  invalidText(why: string): void;
  /**
   * A frame is complete. This event comes before the event for the frame's message. `payload` is empty if the content
   * is not used.
   */
  frame(head: FrameHead & { length: number }, payload: Buffer, mask: Buffer | null): void;
  message(bytes: Buffer, binary: boolean): void;
  control(opcode: number, payload: Buffer): void;
  /**
   * Number of payload bytes of data frames: as received, and after decompression. Both numbers go into the compression
   * figures.
   */
  data(wireLength: number, appLength: number): void;
  /** Whether the connection is closed. If so, the reader stops. */
  readonly over: boolean;
  /** Whether this side has failed the connection. If so, messages are still read, but not reported. */
  readonly failed: boolean;
}

interface Frame extends FrameHead {
  length: number;
  mask: Buffer | null;
  /** Number of payload bytes that have arrived. */
  arrived: number;
  parts: Buffer[];
}

interface Message {
  binary: boolean;
  compressed: boolean;
  /** Whether the message is inflated piece by piece. */
  inPieces: boolean;
  /** Checks the text; null for a binary message. */
  utf8: Utf8Judge | null;
  parts: Buffer[];
}

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Turns received bytes into frames and messages (RFC 6455 5.2, 5.4). The bytes may arrive in pieces of any size. As in
 * Autobahn, the reader goes on after a violation: a second violation in the same frame is reported too, and ends the
 * connection. An incomplete header that breaks a rule is checked and reported again when more of it arrives.
 */
export class Reader {
  readonly #role: Role;
  readonly #events: ReaderEvents;
  readonly #inflater: Inflater | null;
  #buffered = NOTHING;
  #frame: Frame | null = null;
  #message: Message | null = null;

  /** `role` is the role of the side that reads; `deflate` is null if messages are not compressed. */
  constructor(role: Role, events: ReaderEvents, deflate: Deflate | null) {
    this.#role = role;
    this.#events = events;
    if (deflate === null) this.#inflater = null;
    else {
      const { noContextTakeover, windowBits } = compressionOf(deflate, otherRole(role));
      this.#inflater = new Inflater(noContextTakeover, windowBits);
    }
  }

  /** Takes the next bytes. Throws if a compressed message is not valid deflate data. */
  push(chunk: Buffer): void {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    while (this.#step() && !this.#events.over);
  }

  /** Reads one header or the payload bytes that have arrived. Returns false if more bytes must arrive first. */
  #step(): boolean {
    if (this.#frame === null) {
      const frame = this.#readHeader();
      if (frame === null) return false;
      this.#frame = frame;
      if (frame.opcode <= 7) this.#beginMessage(frame);
      return frame.length === 0 || this.#buffered.length > 0;
    }
    const frame = this.#frame;
    const portion = this.#buffered.subarray(0, frame.length - frame.arrived);
    this.#buffered = this.#buffered.subarray(portion.length);
    this.#readPayload(frame, portion);
    if (frame.arrived === frame.length) {
      this.#frame = null;
      this.#endFrame(frame);
    }
    return this.#buffered.length > 0;
  }

  /** Reads a frame's header. Returns null if the header has not arrived completely. */
  #readHeader(): Frame | null {
    const bytes = this.#buffered;
    const [first, second] = bytes;
    if (first === undefined || second === undefined) return null;
    const head = { fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15 };
    const masked = second >= 0x80;
    const short = second & 0x7f;
    this.#checkHead(head, masked, short);
    const lengthEnd = short === 126 ? 4 : short === 127 ? 10 : 2;
    const end = lengthEnd + (masked ? 4 : 0);
    if (bytes.length < end) return null;
    const length = this.#readLength(bytes, short);
    const mask = masked ? Buffer.from(bytes.subarray(lengthEnd, end)) : null;
    this.#buffered = bytes.subarray(end);
    return { ...head, length, mask, arrived: 0, parts: [] };
  }

  #checkHead(head: FrameHead, masked: boolean, short: number): void {
    const { fin, rsv, opcode } = head;
    const violation = (why: string): void => this.#events.violation(why);
    // RFC 6455 5.2: without an extension, the reserved bits must be 0. RFC 7692 6: RSV1 marks a compressed message.
    if (rsv !== 0 && !(this.#inflater !== null && rsv === 4)) violation(`reserved bits ${rsv} without a meaning`);
    // RFC 6455 5.1: a client must mask every frame, and a server must not mask any frame. If the other side breaks this
    // rule, the receiver must close the connection.
    if (masked && this.#role === 'client') violation('masked frame from a server');
    if (!masked && this.#role === 'server') violation('unmasked frame from a client');
    if (opcode > 7) {
      // RFC 6455 5.5: a control frame must not be fragmented and must have at most 125 bytes of payload.
      if (!fin) violation('fragmented control frame');
      if (short > 125) violation('control frame of more than 125 octets');
      if (opcode > 10) violation(`reserved control opcode ${opcode}`);
      // RFC 6455 5.5.1: the body of a Close frame must be empty or have at least two bytes.
      if (opcode === 8 && short === 1) violation('Close with a body of one octet');
      // RFC 7692 6.1: a control frame must not be compressed.
      if (this.#inflater !== null && rsv === 4) violation('compressed control frame');
    } else {
      if (opcode > 2) violation(`reserved data opcode ${opcode}`);
      // RFC 6455 5.4: every frame of a message after the first frame must have opcode 0, and no other data frame may
      // have it.
      if (this.#message === null && opcode === 0) violation('continuation of no message');
      if (this.#message !== null && opcode !== 0) violation('new message inside an unfinished one');
      // RFC 7692 6.1: only the first frame of a message may have RSV1.
      if (this.#inflater !== null && rsv === 4 && this.#message !== null) violation('RSV1 on a continuation frame');
    }
  }

  /** Reads the payload length. RFC 6455 5.2 demands its shortest form; a longer form is a violation. */
  #readLength(bytes: Buffer, short: number): number {
    if (short < 126) return short;
    if (short === 126) {
      const length = bytes.readUInt16BE(2);
      if (length < 126) this.#events.violation(`length ${length} in the 16-bit form`);
      return length;
    }
    const exact = bytes.readBigUInt64BE(2);
    const length = Number(exact);
    if (exact >> 63n !== 0n) this.#events.violation('length with its top bit set');
    if (length < 65_536) this.#events.violation(`length ${length} in the 64-bit form`);
    return length;
  }

  #beginMessage(frame: Frame): void {
    if (this.#message !== null) return;
    this.#message = {
      binary: frame.opcode === 2,
      compressed: this.#inflater !== null && frame.rsv === 4,
      inPieces: false,
      utf8: frame.opcode === 1 ? new Utf8Judge() : null,
      parts: [],
    };
  }

  #readPayload(frame: Frame, portion: Buffer): void {
    const bytes = frame.mask === null ? portion : unmask(portion, frame.mask, frame.arrived);
    const isWholeFrame = portion.length === frame.length;
    frame.arrived += portion.length;
    if (frame.opcode > 7) {
      frame.parts.push(bytes);
      return;
    }
    const message = this.#message;
    if (message === null) return;
    const plain = message.compressed ? this.#inflate(message, bytes, frame.fin && isWholeFrame) : bytes;
    this.#events.data(bytes.length, plain.length);
    if (message.utf8 !== null && !message.utf8.push(plain)) this.#events.invalidText('text is not UTF-8');
    if (!this.#events.failed) {
      frame.parts.push(plain);
      message.parts.push(plain);
    }
  }

  /**
   * Decompresses the next bytes of a message. `isAll`: whether these are all bytes of the message. Usually a message
   * has one frame that has arrived completely, and is decompressed as a whole. Any other message is decompressed piece
   * by piece, because the order of faults matters. A fault in a piece must be found when the piece arrives, and a fault
   * at the end of the message must be found after the check of its text.
   */
  #inflate(message: Message, bytes: Buffer, isAll: boolean): Buffer {
    const inflater = this.#inflater;
    if (inflater === null) return bytes;
    if (!message.inPieces) {
      const whole = isAll ? inflater.whole(bytes) : null;
      if (whole !== null) return whole;
      inflater.begin();
      message.inPieces = true;
    }
    return inflater.piece(bytes);
  }

  #endFrame(frame: Frame): void {
    if (frame.opcode > 7) {
      const payload = join(frame.parts);
      this.#events.frame(frame, payload, frame.mask);
      this.#events.control(frame.opcode, payload);
      return;
    }
    const message = this.#message;
    if (message === null) return;
    this.#events.frame(frame, this.#events.failed ? NOTHING : join(frame.parts), frame.mask);
    if (!frame.fin) return;
    if (message.inPieces) this.#inflater?.end();
    if (message.utf8 !== null && !message.utf8.complete) this.#events.invalidText('text ends inside a character');
    this.#message = null;
    if (!this.#events.failed) this.#events.message(join(message.parts), message.binary);
  }
}

/** Joins buffers. A single buffer is returned without a copy. */
function join(parts: readonly Buffer[]): Buffer {
  const [first = NOTHING] = parts;
  return parts.length <= 1 ? first : Buffer.concat(parts);
}

function unmask(bytes: Buffer, mask: Buffer, phase: number): Buffer {
  const plain = Buffer.from(bytes);
  for (let i = 0; i < plain.length; i++) plain[i] = (plain[i] ?? 0) ^ (mask[(phase + i) & 3] ?? 0);
  return plain;
}

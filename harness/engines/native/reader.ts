import { Inflater } from './deflate.ts';
import type { Deflate } from './handshake.ts';
import { Utf8Judge } from './utf8.ts';
import type { FrameHead } from './wire.ts';

/** Whoever acts on what the reader finds. */
export interface ReaderEvents {
  /** A rule of the protocol was broken (close code 1002). Reading goes on with the same frame. */
  violation(why: string): void;
  /** Text was not UTF-8 (close code 1007). Reading goes on. */
  invalidText(why: string): void;
  /** A frame is complete, before anything is done about it. `payload` is empty where nobody will look at it. */
  frame(head: FrameHead & { length: number }, payload: Buffer, mask: Buffer | null): void;
  message(octets: Buffer, binary: boolean): void;
  control(opcode: number, payload: Buffer): void;
  /** Octets of data payload, as on the wire and inflated; for the compression figures. */
  data(wireOctets: number, appOctets: number): void;
  /** Whether the connection has been given up: nothing further is read. */
  readonly over: boolean;
  /** Whether we have failed the connection: messages are read, but no longer delivered. */
  readonly failed: boolean;
}

interface Frame extends FrameHead {
  length: number;
  mask: Buffer | null;
  /** Octets of payload that have come. */
  arrived: number;
  parts: Buffer[];
}

interface Message {
  binary: boolean;
  compressed: boolean;
  text: Utf8Judge | null;
  parts: Buffer[];
}

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Octets to frames and messages (RFC 6455 5.2, 5.4), in any cuts. It complains and goes on: a server that breaks two
 * rules in one frame is told so twice, which is what ends such a connection in the original. A header that breaks a
 * rule and has not come whole is looked at again, and complained of again, when more of it comes.
 */
export class Reader {
  readonly #events: ReaderEvents;
  readonly #inflater: Inflater | null;
  #buffered = NOTHING;
  #frame: Frame | null = null;
  #message: Message | null = null;

  constructor(events: ReaderEvents, deflate: Deflate | null) {
    this.#events = events;
    this.#inflater =
      deflate === null ? null : new Inflater(deflate.serverNoContextTakeover, deflate.serverMaxWindowBits);
  }

  /** Takes the next octets. Throws where compressed data is no deflate data. */
  push(chunk: Buffer): void {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    while (this.#step() && !this.#events.over);
  }

  /** One header or one portion of payload; false when more octets are needed for the next. */
  #step(): boolean {
    if (this.#frame === null) {
      const frame = this.#header();
      if (frame === null) return false;
      this.#frame = frame;
      if (frame.opcode <= 7) this.#begin(frame);
      // A frame without payload is complete at once; else there must be something of it.
      return frame.length === 0 || this.#buffered.length > 0;
    }
    const frame = this.#frame;
    const portion = this.#buffered.subarray(0, frame.length - frame.arrived);
    this.#buffered = this.#buffered.subarray(portion.length);
    this.#payload(frame, portion);
    if (frame.arrived === frame.length) {
      this.#frame = null;
      this.#end(frame);
    }
    return this.#buffered.length > 0;
  }

  #header(): Frame | null {
    const octets = this.#buffered;
    const [first, second] = octets;
    if (first === undefined || second === undefined) return null;
    const head = { fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15 };
    const masked = second >= 0x80;
    const short = second & 0x7f;
    this.#judgeHead(head, masked, short);
    const lengthEnd = short === 126 ? 4 : short === 127 ? 10 : 2;
    const end = lengthEnd + (masked ? 4 : 0);
    if (octets.length < end) return null;
    const length = this.#length(octets, short);
    const mask = masked ? Buffer.from(octets.subarray(lengthEnd, end)) : null;
    this.#buffered = octets.subarray(end);
    return { ...head, length, mask, arrived: 0, parts: [] };
  }

  #judgeHead(head: FrameHead, masked: boolean, short: number): void {
    const { fin, rsv, opcode } = head;
    const violation = (why: string): void => this.#events.violation(why);
    // 5.2: reserved bits mean nothing unless an extension says so; RFC 7692 6 gives RSV1 to compressed messages.
    if (rsv !== 0 && !(this.#inflater !== null && rsv === 4)) violation(`reserved bits ${rsv} without a meaning`);
    // 5.1: a client must close a connection on which the server masks.
    if (masked) violation('masked frame from a server');
    if (opcode > 7) {
      // 5.5: control frames are not fragmented and carry at most 125 octets.
      if (!fin) violation('fragmented control frame');
      if (short > 125) violation('control frame of more than 125 octets');
      if (opcode > 10) violation(`reserved control opcode ${opcode}`);
      // 5.5.1: a Close has no body or one of at least two octets.
      if (opcode === 8 && short === 1) violation('Close with a body of one octet');
      // RFC 7692 6.1: control frames are never compressed.
      if (this.#inflater !== null && rsv === 4) violation('compressed control frame');
    } else {
      if (opcode > 2) violation(`reserved data opcode ${opcode}`);
      // 5.4: a continuation continues something, and nothing else does.
      if (this.#message === null && opcode === 0) violation('continuation of no message');
      if (this.#message !== null && opcode !== 0) violation('new message inside an unfinished one');
      // RFC 7692 6.1: RSV1 stands on the first frame of a message only.
      if (this.#inflater !== null && rsv === 4 && this.#message !== null) violation('RSV1 on a continuation frame');
    }
  }

  /** The payload length, which must be encoded in as few octets as it needs (5.2). */
  #length(octets: Buffer, short: number): number {
    if (short < 126) return short;
    if (short === 126) {
      const length = octets.readUInt16BE(2);
      if (length < 126) this.#events.violation(`length ${length} in the 16-bit form`);
      return length;
    }
    const exact = octets.readBigUInt64BE(2);
    const length = Number(exact);
    if (exact >> 63n !== 0n) this.#events.violation('length with its top bit set');
    if (length < 65_536) this.#events.violation(`length ${length} in the 64-bit form`);
    return length;
  }

  #begin(frame: Frame): void {
    if (this.#message !== null) return;
    this.#message = {
      binary: frame.opcode === 2,
      compressed: this.#inflater !== null && frame.rsv === 4,
      text: frame.opcode === 1 ? new Utf8Judge() : null,
      parts: [],
    };
  }

  #payload(frame: Frame, portion: Buffer): void {
    const octets = frame.mask === null ? portion : unmask(portion, frame.mask, frame.arrived);
    frame.arrived += portion.length;
    if (frame.opcode > 7) {
      frame.parts.push(octets);
      return;
    }
    const message = this.#message;
    if (message === null) return;
    if (message.compressed) {
      message.parts.push(octets);
      return;
    }
    this.#events.data(octets.length, octets.length);
    this.#judgeText(message, octets);
    if (!this.#events.failed) {
      frame.parts.push(octets);
      message.parts.push(octets);
    }
  }

  #end(frame: Frame): void {
    if (frame.opcode > 7) {
      const payload = join(frame.parts);
      this.#events.frame(frame, payload, frame.mask);
      this.#events.control(frame.opcode, payload);
      return;
    }
    const message = this.#message;
    if (message === null) return;
    const compressed = message.compressed && frame.fin ? this.#inflate(message) : null;
    this.#events.frame(frame, this.#events.failed ? NOTHING : (compressed ?? join(frame.parts)), frame.mask);
    if (!frame.fin) return;
    if (message.text !== null && !message.text.complete) this.#events.invalidText('text ends inside a character');
    this.#message = null;
    if (!this.#events.failed) this.#events.message(compressed ?? join(message.parts), message.binary);
  }

  #inflate(message: Message): Buffer {
    const octets = join(message.parts);
    const inflated = this.#inflater?.message(octets) ?? NOTHING;
    this.#events.data(octets.length, inflated.length);
    this.#judgeText(message, inflated);
    return inflated;
  }

  #judgeText(message: Message, octets: Buffer): void {
    if (message.text !== null && !message.text.push(octets)) this.#events.invalidText('text is not UTF-8');
  }
}

/** One part is taken as it is: a copy is made only where there are several. */
function join(parts: readonly Buffer[]): Buffer {
  const [first = NOTHING] = parts;
  return parts.length <= 1 ? first : Buffer.concat(parts);
}

function unmask(octets: Buffer, mask: Buffer, phase: number): Buffer {
  const plain = Buffer.from(octets);
  for (let i = 0; i < plain.length; i++) plain[i] = (plain[i] ?? 0) ^ (mask[(phase + i) & 3] ?? 0);
  return plain;
}

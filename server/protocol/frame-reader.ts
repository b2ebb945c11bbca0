import { checkFirstOctets, FIN, type FrameHeader, headerBytes, MAX_HEADER_BYTES, RSV1, readLength } from './frame.ts';
import { unmask } from './mask.ts';

/** Where a FrameReader hands what it reads. Both may throw a Violation, which ends the reading. */
export interface FrameSink {
  /** A header is complete. The object is used again for the next frame: take what you need. */
  header(header: Readonly<FrameHeader>): void;
  /**
   * The next piece of this frame's payload, unmasked; `last` closes the frame. At least one call per frame, with no
   * octets if it has none. The bytes are a view of the chunk that was read.
   */
  payload(bytes: Buffer, last: boolean): void;
  /**
   * A header begins at `at`: may take frames from there on by itself, whole ones only.
   *
   * @returns where the first that it left begins; `at` if it took none.
   */
  ahead(chunk: Buffer, at: number): number;
}

const NOTHING = Buffer.alloc(0);

/**
 * Cuts a client's octets into frames, whatever cuts TCP made (RFC 6455 §5.2): a header as soon as it is there, and its
 * payload as it comes, so that a fault inside an unfinished frame is seen when it arrives and not when the frame ends.
 *
 * Chunks are given away to it: it unmasks in place, and passes on views instead of copies.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #deflate: boolean;
  readonly #header: FrameHeader = { fin: false, rsv1: false, opcode: 0, length: 0 };
  /** A header cut by TCP waits here; `#have` octets of it. */
  readonly #cut = Buffer.alloc(MAX_HEADER_BYTES);
  #have = 0;
  #inPayload = false;
  #left = 0;
  #mask = 0;
  #phase = 0;
  #stopped = false;

  constructor(sink: FrameSink, deflate: boolean) {
    this.#sink = sink;
    this.#deflate = deflate;
  }

  /**
   * Reads one chunk to its end, or until `stop`.
   *
   * @throws {Violation} what the header or the sink finds wrong. The reader is then of no more use.
   */
  read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      if (this.#inPayload) {
        at = this.#readPayload(chunk, at);
        continue;
      }
      if (this.#have === 0) at = this.#sink.ahead(chunk, at);
      at = this.#readHeader(chunk, at);
    }
  }

  /** Is a frame begun that has not ended? */
  get inFrame(): boolean {
    return this.#inPayload || this.#have > 0;
  }

  /** Called from within the sink: what follows in this chunk is not to be read. */
  stop(): void {
    this.#stopped = true;
  }

  #readHeader(chunk: Buffer, at: number): number {
    let bytes = chunk;
    let from = at;
    let there = chunk.length - at;
    const had = this.#have;
    if (had > 0) {
      const taken = chunk.copy(this.#cut, had, at);
      bytes = this.#cut;
      from = 0;
      there = had + taken;
    }
    if (there < 2) return this.#keep(chunk, at, had);
    // Both are there, by the line above.
    const first = bytes[from] as number;
    const second = bytes[from + 1] as number;
    checkFirstOctets(first, second, this.#deflate);
    const size = headerBytes(second);
    if (there < size) return this.#keep(chunk, at, had);

    const header = this.#header;
    header.fin = (first & FIN) !== 0;
    header.rsv1 = (first & RSV1) !== 0;
    header.opcode = first & 0x0f;
    header.length = readLength(bytes, from);
    this.#mask = bytes.readInt32BE(from + size - 4);
    this.#phase = 0;
    this.#left = header.length;
    this.#have = 0;
    this.#inPayload = header.length > 0;
    this.#sink.header(header);
    if (header.length === 0) this.#sink.payload(NOTHING, true);
    return at + size - had;
  }

  #keep(chunk: Buffer, at: number, had: number): number {
    if (had === 0) chunk.copy(this.#cut, 0, at);
    this.#have = had + chunk.length - at;
    return chunk.length;
  }

  #readPayload(chunk: Buffer, at: number): number {
    const count = Math.min(this.#left, chunk.length - at);
    const end = at + count;
    unmask(chunk, at, end, this.#mask, this.#phase);
    this.#phase += count;
    this.#left -= count;
    this.#inPayload = this.#left > 0;
    this.#sink.payload(chunk.subarray(at, end), !this.#inPayload);
    return end;
  }
}

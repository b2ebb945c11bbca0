import {
  checkFirstBytes,
  clientHeaderBytes,
  FIN,
  type FrameHeader,
  MAX_HEADER_BYTES,
  RSV1,
  readLength,
} from './frame.ts';
import { unmask } from './mask.ts';

/**
 * Receives the headers and payloads that a FrameReader reads. Each method can throw a Violation (the error for a broken
 * rule), which ends the reading.
 */
export interface FrameSink {
  /**
   * Called when a frame header is complete. The reader reuses the header object for the next frame: copy the fields.
   */
  onHeader(header: Readonly<FrameHeader>): void;
  /**
   * Called with the next piece of the payload, unmasked. `last` is true for the final piece of the frame. For a frame
   * without a payload the method is called once, with no bytes. `bytes` is a view of the chunk that was read, not a
   * copy.
   */
  onPayload(bytes: Buffer, last: boolean): void;
  /**
   * Called when a frame header begins at offset `at`, before the header is read. The sink may read complete frames from
   * the chunk by itself.
   *
   * @returns the offset of the first frame that the sink did not read; `at` if the sink read none.
   */
  readAhead(chunk: Buffer, at: number): number;
}

const EMPTY = Buffer.alloc(0);

/**
 * Splits the bytes of a client into frames (RFC 6455 §5.2). TCP may split the bytes anywhere. The reader reports a
 * header as soon as the header is complete, and payload bytes as they arrive. The sink can therefore find an error in a
 * frame before the frame is complete.
 *
 * The caller must not use a chunk after passing it: the reader unmasks the chunk in place and passes views of it to the
 * sink.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #deflate: boolean;
  readonly #header: FrameHeader = { fin: false, rsv1: false, opcode: 0, length: 0 };
  /**
   * Beginning of a frame header whose end has not arrived yet. The first `#partialBytes` bytes of the buffer are valid.
   */
  readonly #partialHeader = Buffer.alloc(MAX_HEADER_BYTES);
  #partialBytes = 0;
  #inPayload = false;
  /** Number of payload bytes of the current frame that have not arrived yet. */
  #remaining = 0;
  #mask = 0;
  /**
   * Number of payload bytes of the current frame that are already unmasked. It gives the position in the masking key.
   */
  #maskPhase = 0;
  #stopped = false;

  constructor(sink: FrameSink, deflate: boolean) {
    this.#sink = sink;
    this.#deflate = deflate;
  }

  /**
   * Reads one chunk to its end, or until `stop` is called.
   *
   * @throws {Violation} if a header breaks a rule or the sink throws. The reader must not be used after an error.
   */
  read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      if (this.#inPayload) {
        at = this.#readPayload(chunk, at);
        continue;
      }
      if (this.#partialBytes === 0) at = this.#sink.readAhead(chunk, at);
      at = this.#readHeader(chunk, at);
    }
  }

  /** True if the reader has received the beginning of a frame but not its end. */
  get inFrame(): boolean {
    return this.#inPayload || this.#partialBytes > 0;
  }

  /** Stops reading: the rest of the current chunk is ignored. The sink calls `stop` from one of its methods. */
  stop(): void {
    this.#stopped = true;
  }

  #readHeader(chunk: Buffer, at: number): number {
    let bytes = chunk;
    let from = at;
    let available = chunk.length - at;
    const saved = this.#partialBytes;
    if (saved > 0) {
      const copied = chunk.copy(this.#partialHeader, saved, at);
      bytes = this.#partialHeader;
      from = 0;
      available = saved + copied;
    }
    if (available < 2) return this.#savePartialHeader(chunk, at, saved);
    // At least two bytes of the header are available here, so `as number` is safe.
    const first = bytes[from] as number;
    const second = bytes[from + 1] as number;
    checkFirstBytes(first, second, this.#deflate);
    const size = clientHeaderBytes(second);
    if (available < size) return this.#savePartialHeader(chunk, at, saved);

    const header = this.#header;
    header.fin = (first & FIN) !== 0;
    header.rsv1 = (first & RSV1) !== 0;
    header.opcode = first & 0x0f;
    header.length = readLength(bytes, from);
    this.#mask = bytes.readInt32BE(from + size - 4);
    this.#maskPhase = 0;
    this.#remaining = header.length;
    this.#partialBytes = 0;
    this.#inPayload = header.length > 0;
    this.#sink.onHeader(header);
    if (header.length === 0) this.#sink.onPayload(EMPTY, true);
    return at + size - saved;
  }

  #savePartialHeader(chunk: Buffer, at: number, saved: number): number {
    if (saved === 0) chunk.copy(this.#partialHeader, 0, at);
    this.#partialBytes = saved + chunk.length - at;
    return chunk.length;
  }

  #readPayload(chunk: Buffer, at: number): number {
    const count = Math.min(this.#remaining, chunk.length - at);
    const end = at + count;
    unmask(chunk, at, end, this.#mask, this.#maskPhase);
    this.#maskPhase += count;
    this.#remaining -= count;
    this.#inPayload = this.#remaining > 0;
    this.#sink.onPayload(chunk.subarray(at, end), !this.#inPayload);
    return end;
  }
}

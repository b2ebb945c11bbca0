import { deflateRawSync, inflateRawSync, constants as zlib } from 'node:zlib';
import { InflateStream } from './inflate-stream.ts';

/**
 * permessage-deflate (RFC 7692 7.2) of whole messages without zlib streams. A stream remembers only its window between
 * messages, and zlib accepts a window as a dictionary. The result therefore depends only on a message and a window, and
 * all cases with the same message and window can share it. A stream is needed only for a message that arrives in
 * pieces.
 */

/** The last four bytes that zlib writes for every compressed message. They are not sent (RFC 7692 7.2.1). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
/**
 * A final, empty, stored block and one more byte. These bytes are appended to a compressed message to find out where
 * the message ends. If it ends between two blocks, zlib stops before the last of these bytes. If it ends inside a
 * block, zlib reads further.
 */
const PROBE = Buffer.from([0x01, 0x00, 0x00, 0xff, 0xff, 0x00]);
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Compresses one message. `window` is the end of the earlier messages that the receiver still remembers; it is empty
 * without context takeover. Throws RangeError for a window of 8 bits, which zlib does not support.
 */
export function deflateMessage(message: Buffer, window: Buffer, windowBits: number): Buffer {
  if (windowBits === 8)
    throw new RangeError('zlib cannot deflate with a window of 256 bytes (client_max_window_bits=8)');
  const whole = deflateRawSync(message, {
    windowBits,
    memLevel: 8,
    finishFlush: zlib.Z_SYNC_FLUSH,
    ...(window.length > 0 ? { dictionary: window } : {}),
  });
  // zlib writes no byte for an empty message. RFC 7692 7.2.3.6 demands one byte for it: the head of an empty block.
  return whole.length < TAIL.length ? Buffer.from([0x00]) : whole.subarray(0, whole.length - TAIL.length);
}

/**
 * Returns the compression window after a message: the last bytes of `window` followed by `message`, up to the window
 * size.
 */
export function windowAfter(window: Buffer, message: Buffer, windowBits: number): Buffer {
  const size = 1 << windowBits;
  if (message.length >= size) return message.subarray(message.length - size);
  const joined = Buffer.concat([window, message]);
  return joined.subarray(Math.max(0, joined.length - size));
}

/** Decompresses the messages of one direction of a connection, one after the other (RFC 7692 7.2.2). */
export class Inflater {
  readonly #noContextTakeover: boolean;
  readonly #windowBits: number;
  #window = NOTHING;
  /**
   * The zlib stream of a message that is decompressed in pieces. With context takeover, the stream also decompresses
   * all later messages.
   */
  #stream: InflateStream | null = null;

  /** `noContextTakeover`: whether the sender starts every message with an empty window. */
  constructor(noContextTakeover: boolean, windowBits: number) {
    this.#noContextTakeover = noContextTakeover;
    this.#windowBits = windowBits;
  }

  /**
   * Decompresses a message from its whole payload. Returns null, and changes nothing, if this is not possible: the
   * payload is damaged or does not end between two blocks, or an earlier message was inflated in pieces. The caller
   * must then inflate this message in pieces too.
   */
  whole(payload: Buffer): Buffer | null {
    if (this.#stream !== null) return null;
    const message = inflateWhole(payload, this.#window, this.#windowBits);
    if (message !== null && !this.#noContextTakeover)
      this.#window = windowAfter(this.#window, message, this.#windowBits);
    return message;
  }

  /** Begins a message that is inflated in pieces. */
  begin(): void {
    if (this.#noContextTakeover) this.#stream = new InflateStream(this.#windowBits, NOTHING);
    else this.#stream ??= new InflateStream(this.#windowBits, this.#window);
  }

  /** Decompresses the next piece of the message that has begun. Throws if the bytes are not deflate data. */
  piece(bytes: Buffer): Buffer {
    return this.#stream?.push(bytes) ?? NOTHING;
  }

  /** Ends a message that was decompressed in pieces. Throws if the compressed data is not complete. */
  end(): void {
    this.#stream?.push(TAIL);
    if (!this.#noContextTakeover) return;
    this.#stream?.close();
    this.#stream = null;
  }

  /**
   * Decompresses a message from its whole payload, as a whole if possible, else in pieces. Throws if the payload is not
   * deflate data.
   */
  message(payload: Buffer): Buffer {
    const whole = this.whole(payload);
    if (whole !== null) return whole;
    this.begin();
    const message = this.piece(payload);
    this.end();
    return message;
  }
}

/**
 * Inflates a message whose data ends at the end of a DEFLATE block, as every correct message does. Returns null for any
 * other message.
 */
function inflateWhole(input: Buffer, window: Buffer, windowBits: number): Buffer | null {
  const known = memo.get(input, window, windowBits);
  if (known !== undefined) return known;
  const probed = Buffer.concat([input, TAIL, PROBE]);
  try {
    const { buffer, consumed } = inflateRaw(probed, window, windowBits);
    if (consumed !== probed.length - 1) return null;
    memo.put(input, window, windowBits, buffer);
    return buffer;
  } catch {
    return null;
  }
}

function inflateRaw(input: Buffer, window: Buffer, windowBits: number): { buffer: Buffer; consumed: number } {
  // With `info`, Node also returns the zlib engine. The TypeScript types do not mention this.
  const { buffer, engine } = inflateRawSync(input, {
    windowBits,
    finishFlush: zlib.Z_SYNC_FLUSH,
    // zlib detects a reference beyond a small window only if the reference points before the present chunk of output.
    // For a small window, the chunks therefore have Autobahn's size of 16 KiB. Otherwise one chunk takes the whole
    // message.
    chunkSize: windowBits < 15 ? 16_384 : Math.min(262_144, Math.max(16_384, input.length * 16)),
    info: true,
    ...(window.length > 0 ? { dictionary: window } : {}),
  }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
  return { buffer, consumed: engine.bytesWritten };
}

/**
 * A cache of inflated messages. Equal bytes after an equal window always inflate to the same message, and a server
 * sends the same compressed echo in many cases.
 */
class InflateMemo {
  readonly #known = new Map<string, { input: Buffer; window: Buffer; output: Buffer }[]>();
  #size = 0;

  get(input: Buffer, window: Buffer, windowBits: number): Buffer | undefined {
    const candidates = this.#known.get(memoKey(input, window, windowBits));
    return candidates?.find((entry) => entry.input.equals(input) && entry.window.equals(window))?.output;
  }

  put(input: Buffer, window: Buffer, windowBits: number, output: Buffer): void {
    if (input.length < MEMO_MINIMUM) return;
    const size = input.length + window.length + output.length;
    if (this.#size + size > MEMO_LIMIT) {
      this.#known.clear();
      this.#size = 0;
    }
    this.#size += size;
    const key = memoKey(input, window, windowBits);
    const entry = { input: Buffer.from(input), window, output };
    const candidates = this.#known.get(key);
    if (candidates === undefined) this.#known.set(key, [entry]);
    else candidates.push(entry);
  }
}

/** Minimum length, in bytes, of a compressed message in the cache. A shorter message is inflated each time. */
const MEMO_MINIMUM = 16;
/** Maximum number of bytes in the cache of inflated messages. A full cache is emptied. */
const MEMO_LIMIT = 64 * 1024 * 1024;
const memo = new InflateMemo();

/**
 * Makes a key for the cache of inflated messages. Different messages rarely have the same key, and all entries of a key
 * are compared byte by byte.
 */
function memoKey(input: Buffer, window: Buffer, windowBits: number): string {
  const middle = input.length >> 1;
  return `${windowBits} ${window.length} ${input.length} ${input.toString('latin1', middle, middle + 12)}${input.toString('latin1', input.length - 12)}`;
}

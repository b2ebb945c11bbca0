import { createInflateRaw, constants as zlib } from 'node:zlib';

/** Internal fields of a zlib stream of Node 20 to 24, which Node does not document. */
interface StreamInternals {
  _handle?: {
    writeSync?: (
      flush: number,
      input: Buffer,
      inputAt: number,
      inputLeft: number,
      output: Buffer,
      outputAt: number,
      outputLeft: number,
    ) => void;
    onerror: (message: string, errno: number, code: string) => void;
  };
  _writeState?: Uint32Array;
}

/** Memory for the output of one call of zlib, shared by all streams. */
const OUTPUT = Buffer.allocUnsafeSlow(65_536);
/**
 * Bytes of output that zlib writes at once with a small window: as many as in Autobahn, because zlib detects a reference
 * beyond a small window only if the reference points before these bytes.
 */
const SMALL_WINDOW_OUTPUT = 16_384;
/** Least size of the output memory that Node allocates for each stream, and that is not used here. */
const UNUSED_OUTPUT = 64;

/**
 * Inflates raw deflate data in pieces, each piece at once. Node's own streams return the output in a later turn of the
 * event loop, and its synchronous functions know only whole inputs.
 */
export class InflateStream {
  /** Frees the memory of zlib at once. The stream must not be used afterwards. Memory that is not freed is collected later. */
  readonly close: () => void;
  readonly #run: (input: Buffer, from: number) => { written: number; unread: number };
  readonly #outputLength: number;
  #error: string | null = null;

  /** `window`: what was inflated before, as far as the data may refer to it. Throws if this version of Node has other internals. */
  constructor(windowBits: number, window: Buffer) {
    const stream = createInflateRaw({
      windowBits,
      chunkSize: UNUSED_OUTPUT,
      ...(window.length > 0 ? { dictionary: window } : {}),
    });
    const { _handle: handle, _writeState: state } = stream as unknown as StreamInternals;
    const writeSync = handle?.writeSync;
    if (handle === undefined || writeSync === undefined || state === undefined)
      throw new Error(`zlib of Node ${process.version} cannot inflate in pieces`);
    // Replaces Node's callback, which would report the error in a later turn.
    handle.onerror = (message, _, code) => {
      this.#error = `${code}: ${message}`;
    };
    this.close = () => stream.close();
    this.#outputLength = windowBits < 15 ? SMALL_WINDOW_OUTPUT : OUTPUT.length;
    this.#run = (input, from) => {
      writeSync.call(handle, zlib.Z_SYNC_FLUSH, input, from, input.length - from, OUTPUT, 0, this.#outputLength);
      const [free = 0, unread = 0] = state;
      return { written: this.#outputLength - free, unread };
    };
  }

  /** Returns everything that the data up to the end of `input` inflates to, without what was returned before. Throws if it is not deflate data. */
  push(input: Buffer): Buffer {
    const outputs: Buffer[] = [];
    for (let from = 0; ; ) {
      const { written, unread } = this.#run(input, from);
      if (this.#error !== null) throw new Error(this.#error);
      if (written > 0) outputs.push(Buffer.from(OUTPUT.subarray(0, written)));
      // If output memory is free, zlib has nothing more to write. Bytes behind a final block stay unread.
      if (written < this.#outputLength) break;
      from = input.length - unread;
    }
    const [only] = outputs;
    return only !== undefined && outputs.length === 1 ? only : Buffer.concat(outputs);
  }
}

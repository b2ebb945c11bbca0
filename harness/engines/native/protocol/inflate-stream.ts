import { createInflateRaw, constants as zlib } from 'node:zlib';

/** Internal fields of a zlib stream in Node 20 to 24. Node does not document them. */
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
 * Bytes of output that one call of zlib writes if the window is small. The number is that of Autobahn, because the size
 * changes the result: zlib detects a reference beyond a small window only if the reference points before the output of
 * the present call.
 */
const SMALL_WINDOW_OUTPUT = 16_384;
/**
 * Size of the output memory that Node allocates for each stream. It is not used here, and is therefore as small as Node
 * allows.
 */
const UNUSED_OUTPUT = 64;

/**
 * Inflates raw deflate data piece by piece, and returns the output of each piece immediately. Node's own streams return
 * the output in a later turn of the event loop, and Node's synchronous functions accept only whole inputs.
 */
export class InflateStream {
  /**
   * Frees the memory of zlib immediately. The stream must not be used afterwards. Without this call, the garbage
   * collector frees the memory later.
   */
  readonly close: () => void;
  readonly #run: (input: Buffer, from: number) => { written: number; unread: number };
  readonly #outputLength: number;
  #error: string | null = null;

  /**
   * `window`: earlier output to which the data may refer. Throws if this version of Node has different internal fields.
   */
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
    // Replaces Node's error callback, which would report the error only in a later turn of the event loop.
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

  /** Takes the next piece of data and returns the new output. Throws if the bytes are not deflate data. */
  push(input: Buffer): Buffer {
    const outputs: Buffer[] = [];
    for (let from = 0; ; ) {
      const { written, unread } = this.#run(input, from);
      if (this.#error !== null) throw new Error(this.#error);
      if (written > 0) outputs.push(Buffer.from(OUTPUT.subarray(0, written)));
      // If zlib did not fill the output memory, it has no more output. Bytes after a final block stay unread.
      if (written < this.#outputLength) break;
      from = input.length - unread;
    }
    const [only] = outputs;
    return only !== undefined && outputs.length === 1 ? only : Buffer.concat(outputs);
  }
}

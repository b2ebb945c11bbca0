import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import type { ZlibOutput } from '../memory/zlib-output.ts';

/**
 * A context of Node's zlib for raw deflate or inflate. It runs synchronously and keeps its window (the memory of
 * earlier data) between messages.
 *
 * Node offers streams, which finish in a later turn of the event loop, and functions such as `inflateRawSync`, which
 * set up zlib for each call. Both use the `writeSync` method of an internal handle. This module calls `writeSync`
 * directly. Microseconds per message (Node 20.20, JSON, level 1, a 15-bit window that is kept between messages; the
 * "Sync" columns are Node's synchronous functions, which get the earlier messages as a dictionary):
 *
 * | bytes   | deflate: handle | Sync with dictionary | inflate: handle | Sync with dictionary |
 * | ------- | --------------- | -------------------- | --------------- | -------------------- |
 * | 16      | 3               | 78                   | 0.5             | 20                   |
 * | 1,024   | 5               | 69                   | 0.5             | 22                   |
 * | 16,384  | 19              | 81                   | 5               | 27                   |
 * | 131,072 | 101             | 177                  | 24              | 84                   |
 *
 * Node does not document `writeSync`, so no other file uses it. Opening a context throws an error if `writeSync` is
 * missing.
 */
export interface ZlibHandle {
  /** Runs zlib over `input`, flushes its whole output (sync flush) and appends the output to `output`. */
  run(input: Buffer, output: ZlibOutput): RunEnd;
  /** Clears the window: the next message cannot refer to earlier data. */
  reset(): void;
  /** Frees the memory of zlib. The handle must not be used afterwards. */
  close(): void;
}

/**
 * How a call of `run` ended. `unread` is the number of input bytes that zlib did not consume. There are such bytes if
 * the deflate stream ended before them, or if the output reached its limit (`full`). `error` is zlib's error code and
 * message.
 */
export type RunEnd = { readonly unread: number; readonly full?: true; readonly error?: string };

/** Internal fields of a zlib stream, as in Node 20 to 24. */
type StreamInternals = {
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
    reset(): void;
    onerror: (message: string, errno: number, code: string) => void;
  };
  _writeState?: Uint32Array;
};

/**
 * Size of the output buffer that Node allocates for each zlib stream. This module does not use that buffer, so it gets
 * the minimum size.
 */
const UNUSED_CHUNK_BYTES = 64;

/**
 * Opens a raw inflate context (RFC 7692 §7.2.2).
 *
 * @param windowBits 9 to 15. Node turns 8 into 9 for raw deflate, so 8 is never negotiated.
 * @throws {Error} if this version of Node has no `writeSync`.
 */
export function openInflater(windowBits: number): ZlibHandle {
  return openHandle(createInflateRaw({ windowBits, chunkSize: UNUSED_CHUNK_BYTES }));
}

/**
 * Opens a raw deflate context (RFC 7692 §7.2.1).
 *
 * @param windowBits 9 to 15.
 * @param level zlib's level, from 1 (fastest) to 9 (smallest).
 * @throws {Error} if this version of Node has no `writeSync`.
 */
export function openDeflater(windowBits: number, level: number): ZlibHandle {
  return openHandle(createDeflateRaw({ windowBits, level, chunkSize: UNUSED_CHUNK_BYTES }));
}

function openHandle(stream: ReturnType<typeof createInflateRaw> | ReturnType<typeof createDeflateRaw>): ZlibHandle {
  // Node's types do not contain the internal fields of a zlib stream, so the code checks that the fields exist.
  const { _handle: handle, _writeState: state } = stream as unknown as StreamInternals;
  const writeSync = handle?.writeSync;
  if (handle === undefined || writeSync === undefined || state === undefined) {
    throw new Error(`zlib of Node ${process.version} has no synchronous handle; serve without permessage-deflate`);
  }
  let zlibError: string | undefined;
  // Replaces Node's error callback, which would emit an 'error' event on the stream in a later turn.
  handle.onerror = (message, _errno, code) => {
    zlibError = `${code}: ${message}`;
  };
  return {
    run(input, output) {
      zlibError = undefined;
      let at = 0;
      for (;;) {
        const { memory, used, available: before } = output;
        writeSync.call(handle, constants.Z_SYNC_FLUSH, input, at, input.length - at, memory, used, before);
        if (zlibError !== undefined) return { unread: input.length - at, error: zlibError };
        const [available = 0, unread = 0] = state;
        output.used = used + before - available;
        at = input.length - unread;
        // Free output space means that zlib has written everything.
        if (available > 0) return { unread };
        if (!output.grow()) return { unread, full: true };
      }
    },
    reset: () => handle.reset(),
    close: () => stream.close(),
  };
}

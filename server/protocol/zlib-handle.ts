import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import type { ZlibOutput } from '../memory/zlib-output.ts';

/**
 * Node's own zlib context, used synchronously and kept from message to message.
 *
 * Node offers either a stream, whose answer comes in another turn of the event loop, or functions such as
 * `inflateRawSync`, which set up zlib anew for each call. The call that both are made of is the handle's `writeSync`.
 * Microseconds per message (Node 20.20, JSON, level 1, window of 15 bits kept from message to message):
 *
 * | octets  | deflate: handle | Sync with dictionary | inflate: handle | Sync with dictionary |
 * | ------- | --------------- | -------------------- | --------------- | -------------------- |
 * | 16      | 3               | 78                   | 0.5             | 20                   |
 * | 1,024   | 5               | 69                   | 0.5             | 22                   |
 * | 16,384  | 19              | 81                   | 5               | 27                   |
 * | 131,072 | 101             | 177                  | 24              | 84                   |
 *
 * `writeSync` is not documented, so this file is the only one that knows of it, and says so if it should be gone.
 */
export interface ZlibHandle {
  /** Runs zlib over `input`, with a sync flush, and adds what comes of it to `output`. */
  run(input: Buffer, output: ZlibOutput): RunEnd;
  /** Forgets all that came before. */
  reset(): void;
  /** Frees zlib's memory. The handle is then of no more use. */
  close(): void;
}

/**
 * `unread` octets of the input stayed: the stream had ended before them, or, if `full`, there was no room for more.
 * `broken` is zlib's complaint.
 */
export type RunEnd = { readonly unread: number; readonly full?: true; readonly broken?: string };

/** A stream's insides, as Node 20 to 24 have them. */
type Insides = {
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

/** Node makes every stream a buffer of its own, which we have no use for: as small as it lets us. */
const UNUSED_BYTES = 64;

/** @param windowBits 9 to 15; Node turns 8 into 9 for raw deflate, so 8 is never asked for. */
export function openInflater(windowBits: number): ZlibHandle {
  return open(createInflateRaw({ windowBits, chunkSize: UNUSED_BYTES }));
}

/** @param level zlib's, 1 (fastest) to 9 (smallest). */
export function openDeflater(windowBits: number, level: number): ZlibHandle {
  return open(createDeflateRaw({ windowBits, level, chunkSize: UNUSED_BYTES }));
}

function open(stream: ReturnType<typeof createInflateRaw> | ReturnType<typeof createDeflateRaw>): ZlibHandle {
  // The door: what Node does not declare is looked at before it is believed.
  const { _handle: handle, _writeState: state } = stream as unknown as Insides;
  const writeSync = handle?.writeSync;
  if (handle === undefined || writeSync === undefined || state === undefined) {
    throw new Error(`zlib of Node ${process.version} has no synchronous handle; serve without permessage-deflate`);
  }
  let broken: string | undefined;
  // In place of Node's, which would make it an event of the stream in a later turn.
  handle.onerror = (message, _errno, code) => {
    broken = `${code}: ${message}`;
  };
  return {
    run(input, output) {
      broken = undefined;
      let at = 0;
      for (;;) {
        const { memory, used, room: before } = output;
        writeSync.call(handle, constants.Z_SYNC_FLUSH, input, at, input.length - at, memory, used, before);
        if (broken !== undefined) return { unread: input.length - at, broken };
        const [room = 0, unread = 0] = state;
        output.used = used + before - room;
        at = input.length - unread;
        // Room to spare: zlib has said all it has to say.
        if (room > 0) return { unread };
        if (!output.grow()) return { unread, full: true };
      }
    },
    reset: () => handle.reset(),
    close: () => stream.close(),
  };
}

import { ZlibOutput } from '../memory/zlib-output.ts';
import { CLOSE, tooBig, Violation } from './close.ts';
import { CompressionHeuristic } from './compression-heuristic.ts';
import type { Agreement } from './offers.ts';
import { openDeflater, openInflater, type ZlibHandle } from './zlib-handle.ts';

/** Last four bytes of a sync flush. The sender removes them, the receiver appends them (RFC 7692 §7.2.1, §7.2.2). */
const FLUSH_TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** Payload of a compressed empty message: an empty stored block without its tail (RFC 7692 §7.2.3.6). */
const EMPTY_MESSAGE = Buffer.from([0x00]);

/** Inflates the compressed messages of one connection (RFC 7692 §7.2.2). Messages must come in the order of arrival. */
export interface Inflater {
  /**
   * Inflates one message.
   *
   * @param compressed the joined payloads of the frames of the message.
   * @param maxBytes largest inflated size, inclusive. Inflating stops as soon as the output exceeds it.
   * @param use called with the inflated message. The bytes are borrowed: they are valid only during the call, and the
   * call must not inflate another message.
   * @throws {Violation} 1009 if the message exceeds `maxBytes`; 1007 if the data is not valid deflate.
   */
  inflate<Result>(compressed: Buffer, maxBytes: number, use: (plain: Buffer) => Result): Result;
  /** Frees the inflate window of the connection. */
  close(): void;
}

/** Compresses the messages of one connection (RFC 7692 §7.2.1). */
export interface Deflater {
  /**
   * Tells whether to compress the next message. The answer is no after messages that did not shrink; a sender may leave
   * any message uncompressed (RFC 7692 §6). Call exactly once per message.
   *
   * @param bytes size of the message.
   */
  shouldCompress(bytes: number): boolean;
  /**
   * Compresses one message.
   *
   * @param use called with the payload for a frame with RSV1. The payload is borrowed: it is valid only during the
   * call, and the call must not compress another message.
   */
  deflate<Result>(bytes: Buffer, use: (payload: Buffer) => Result): Result;
  /** Frees the compression window of the connection. */
  close(): void;
}

/**
 * zlib contexts for connections without context takeover. One context per window size and level serves the whole
 * process, because each message is processed completely before the next one starts.
 */
const sharedContexts = new Map<string, ZlibHandle>();

/**
 * Largest number of connections that own a compression window at a time. A window takes 264 KiB, so all take 17 MiB.
 */
const MAX_DEFLATERS = 64;

/**
 * Compression windows by connection, least recently used first. If all windows are in use, the least recently used one
 * is reset and goes to the connection that needs a window. Its previous owner starts with an empty window, which RFC
 * 7692 §7.2.1 allows a sender at any time, and compresses one message less well. A thousand idle connections therefore
 * cost no more than 64. Reusing the windows also avoids fragmenting the heap with the many blocks that zlib allocates.
 */
const deflaterPool = new Map<object, { readonly name: string; readonly zlib: ZlibHandle }>();

function acquireDeflater(owner: object, name: string, create: () => ZlibHandle): ZlibHandle {
  const entry = deflaterPool.get(owner) ?? createOrReuseDeflater(name, create);
  deflaterPool.delete(owner);
  deflaterPool.set(owner, entry);
  return entry.zlib;
}

/** Returns a window for a connection that has none: a new one, or the least recently used one of another connection. */
function createOrReuseDeflater(name: string, create: () => ZlibHandle) {
  const [oldest] = deflaterPool.size < MAX_DEFLATERS ? [] : deflaterPool;
  if (oldest === undefined) return { name, zlib: create() };
  const [owner, entry] = oldest;
  deflaterPool.delete(owner);
  if (entry.name !== name) {
    entry.zlib.close();
    return { name, zlib: create() };
  }
  entry.zlib.reset();
  return entry;
}

function releaseDeflater(owner: object): void {
  deflaterPool.get(owner)?.zlib.close();
  deflaterPool.delete(owner);
}

/** Smallest window of zlib for raw deflate, in bits: 9 bits are 512 bytes. */
const MIN_WINDOW_BITS = 9;

/**
 * Lowest level that is used with the smallest window. With this window zlib spends most of its time moving the window,
 * at any level: 128 KiB of JSON take 0.59 ms at level 1 and at level 4, but become 26 KiB at level 1 and 7 KiB at level
 * 4.
 */
const MIN_WINDOW_LEVEL = 4;

/**
 * Creates the inflater and the deflater of one connection. zlib allocates its memory with the first message.
 *
 * @param agreement the negotiated parameters (RFC 7692 §7.1).
 * @param level zlib's level, 1 to 9.
 */
export function openDeflate(agreement: Agreement, level: number): { inflater: Inflater; deflater: Deflater } {
  const inflateContext = inflateContextOf(agreement);
  const bits = agreement.serverMaxWindowBits;
  const usedLevel = bits === MIN_WINDOW_BITS ? Math.max(level, MIN_WINDOW_LEVEL) : level;
  const name = `deflate ${bits} ${usedLevel}`;
  const create = () => openDeflater(bits, usedLevel);
  const heuristic = new CompressionHeuristic();
  const deflater: Deflater = {
    shouldCompress: (bytes) => heuristic.shouldCompress(bytes),
    deflate(bytes, use) {
      const zlib = agreement.serverNoContextTakeover
        ? resetSharedContext(name, create)
        : acquireDeflater(deflater, name, create);
      return deflate(zlib, bytes, (payload) => {
        heuristic.record(bytes.length, payload.length);
        return use(payload);
      });
    },
    close: () => releaseDeflater(deflater),
  };
  return {
    inflater: {
      inflate: (compressed, maxBytes, use) => inflate(inflateContext.zlib(), compressed, maxBytes, use),
      close: inflateContext.close,
    },
    deflater,
  };
}

/** Returns a shared zlib context with an empty window, for a message without context takeover (RFC 7692 §7.1.1). */
function resetSharedContext(name: string, create: () => ZlibHandle): ZlibHandle {
  const zlib = sharedContexts.get(name) ?? create();
  sharedContexts.set(name, zlib);
  zlib.reset();
  return zlib;
}

/**
 * Returns the inflate context of one connection. The connection needs its own window, because the client may refer to
 * earlier messages, unless client_no_context_takeover was negotiated (RFC 7692 §7.1.1.2).
 */
function inflateContextOf({ clientNoContextTakeover, clientMaxWindowBits }: Agreement) {
  const create = () => openInflater(clientMaxWindowBits);
  let ownContext: ZlibHandle | undefined;
  return {
    zlib(): ZlibHandle {
      if (clientNoContextTakeover) return resetSharedContext(`inflate ${clientMaxWindowBits}`, create);
      ownContext ??= create();
      return ownContext;
    },
    close(): void {
      ownContext?.close();
      ownContext = undefined;
    },
  };
}

/** Output memory of all connections. Two buffers, because an inflated message can be the input of a deflate call. */
const inflateOutput = new ZlibOutput();
const deflateOutput = new ZlibOutput();

function inflate<Result>(
  zlib: ZlibHandle,
  compressed: Buffer,
  maxBytes: number,
  use: (plain: Buffer) => Result,
): Result {
  const write = (output: ZlibOutput) => {
    let rest = compressed;
    for (;;) {
      const input = rest.length > 0 ? rest : FLUSH_TAIL;
      const { unread, full, error } = zlib.run(input, output);
      if (error !== undefined) throw new Violation(CLOSE.invalidData, 'data that does not inflate', '7692 7.2.2');
      if (full) throw tooBig(maxBytes);
      // RFC 7692 §7.2.3.4: a block can be marked as the last of its deflate stream. The data after such a block is a
      // new stream.
      if (unread > 0) zlib.reset();
      if (rest.length === 0) return;
      rest = rest.subarray(rest.length - unread);
    }
  };
  // One extra byte of output space distinguishes a message of exactly maxBytes from a larger one.
  return inflateOutput.fill(maxBytes + 1, write, use);
}

function deflate<Result>(zlib: ZlibHandle, bytes: Buffer, use: (payload: Buffer) => Result): Result {
  // zlib writes nothing for a flush without input, so an empty message has a constant payload.
  if (bytes.length === 0) return use(EMPTY_MESSAGE);
  const write = (output: ZlibOutput) => {
    const { error } = zlib.run(bytes, output);
    if (error !== undefined) throw new Error(`zlib could not compress a message: ${error}`);
  };
  return deflateOutput.fill(Number.MAX_SAFE_INTEGER, write, (written) =>
    use(written.subarray(0, written.length - FLUSH_TAIL.length)),
  );
}

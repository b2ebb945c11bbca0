import { ZlibOutput } from '../memory/zlib-output.ts';
import { CLOSE, tooBig, Violation } from './close.ts';
import { CompressionHeuristic } from './compression-heuristic.ts';
import type { Agreement } from './offers.ts';
import { openDeflater, openInflater, type ZlibHandle } from './zlib-handle.ts';

/**
 * The four bytes at the end of zlib's output for a message (sync flush). The sender removes these bytes, and the
 * receiver appends them again (RFC 7692 §7.2.1, §7.2.2).
 */
const FLUSH_TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** Payload of a compressed empty message: an empty stored block without the four tail bytes (RFC 7692 §7.2.3.6). */
const EMPTY_MESSAGE = Buffer.from([0x00]);

/** Inflates the compressed messages of one connection (RFC 7692 §7.2.2). Pass the messages in the order of arrival. */
export interface Inflater {
  /**
   * Inflates one message.
   *
   * @param compressed the payloads of all frames of the message, joined.
   * @param maxBytes largest allowed size of the inflated message. Inflating stops as soon as the output exceeds it.
   * @param use called with the inflated message. The bytes are valid only during the call, because the next message
   * overwrites them. The call must not inflate another message.
   * @throws {Violation} 1009 if the message exceeds `maxBytes`; 1007 if the data is not valid deflate.
   */
  inflate<Result>(compressed: Buffer, maxBytes: number, use: (plain: Buffer) => Result): Result;
  /** Frees the inflate window of the connection. */
  close(): void;
}

/** Compresses the messages of one connection (RFC 7692 §7.2.1). */
export interface Deflater {
  /**
   * Tells whether to compress the next message. The answer is no for some messages after a message that did not shrink.
   * A sender may leave any message uncompressed (RFC 7692 §6). Call this method exactly once per message.
   *
   * @param bytes size of the message.
   */
  shouldCompress(bytes: number): boolean;
  /**
   * Compresses one message.
   *
   * @param use called with the compressed payload, to be sent in a frame with RSV1. The payload is valid only during
   * the call, because the next message overwrites it. The call must not compress another message.
   */
  deflate<Result>(bytes: Buffer, use: (payload: Buffer) => Result): Result;
  /** Frees the compression window of the connection. */
  close(): void;
}

/**
 * zlib contexts for connections that compress each message on its own (without context takeover). All connections of
 * the process share one context per window size and level, because each message is processed completely before the next
 * one starts.
 */
const sharedContexts = new Map<string, ZlibHandle>();

/**
 * Largest number of compression windows in the process. A window takes 264 KiB, so all windows together take 17 MiB.
 */
const MAX_DEFLATERS = 64;

/**
 * Compression windows (zlib's memory of earlier messages) by connection, the least recently used one first. If all
 * windows are in use, the least recently used window is emptied and given to the connection that needs one. The
 * previous owner continues with an empty window and compresses its next message less well; RFC 7692 §7.2.1 allows this
 * at any time. A thousand idle connections therefore need no more memory than 64. The reuse also avoids fragmenting the
 * heap, because zlib allocates many blocks for each window.
 */
const deflaterPool = new Map<object, { readonly name: string; readonly zlib: ZlibHandle }>();

function acquireDeflater(owner: object, name: string, create: () => ZlibHandle): ZlibHandle {
  const entry = deflaterPool.get(owner) ?? createOrReuseDeflater(name, create);
  deflaterPool.delete(owner);
  deflaterPool.set(owner, entry);
  return entry.zlib;
}

/**
 * Returns a compression window for a connection that has none: a new window, or the least recently used one of another
 * connection.
 */
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
 * Lowest compression level that is used with the smallest window. With this window zlib spends most of its time moving
 * the window, at any level: 128 KiB of JSON take 0.59 ms at level 1 and also at level 4. Level 1 compresses these 128
 * KiB to 26 KiB, level 4 to 7 KiB.
 */
const MIN_WINDOW_LEVEL = 4;

/**
 * Creates the inflater and the deflater of one connection. zlib allocates memory for them only when they process their
 * first message.
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

/**
 * Returns a zlib context that all connections share, with an empty window. It serves one message without context
 * takeover (RFC 7692 §7.1.1).
 */
function resetSharedContext(name: string, create: () => ZlibHandle): ZlibHandle {
  const zlib = sharedContexts.get(name) ?? create();
  sharedContexts.set(name, zlib);
  zlib.reset();
  return zlib;
}

/**
 * Returns functions to get and to free the inflate context of one connection. If client_no_context_takeover was
 * negotiated, all connections share one context (RFC 7692 §7.1.1.2). Otherwise each connection has its own context,
 * because the client may refer to its earlier messages.
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

/**
 * Output memory for zlib, shared by all connections. Inflating and deflating have separate buffers, because an echo
 * server compresses an inflated message while that message is still in the inflate buffer.
 */
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
      // RFC 7692 §7.2.3.4: a block can be marked as the last block of its deflate stream. The data after such a block
      // is a new deflate stream.
      if (unread > 0) zlib.reset();
      if (rest.length === 0) return;
      rest = rest.subarray(rest.length - unread);
    }
  };
  // Allow one byte more than `maxBytes`: only a message that is too large fills this byte.
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

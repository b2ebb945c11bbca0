import { ZlibOutput } from '../memory/zlib-output.ts';
import { CLOSE } from './close.ts';
import { CompressionHeuristic } from './compression-heuristic.ts';
import { tooBig } from './message.ts';
import type { Agreement } from './offers.ts';
import { Violation } from './violation.ts';
import { openDeflater, openInflater, type ZlibHandle } from './zlib-handle.ts';

/** What a sync flush ends with: the sender strips it, the receiver puts it back (RFC 7692 §7.2.1, §7.2.2). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** An empty message: an empty stored block without its tail (RFC 7692 §7.2.3.6). */
const EMPTY = Buffer.from([0x00]);

/** Takes compressed messages, one after the other, in the order in which they came. */
export interface Inflater {
  /**
   * @param compressed the joined payloads of a message's frames.
   * @param maxBytes the largest result, inclusive; inflating stops there, it does not find out afterwards.
   * @param look is given the message, lent for the length of the call, in which nothing else may be inflated.
   * @throws {Violation} 1009 beyond `maxBytes`, 1007 for what is not deflate.
   */
  inflate<Seen>(compressed: Buffer, maxBytes: number, look: (plain: Buffer) => Seen): Seen;
  /** Frees the window. */
  close(): void;
}

/** Compresses messages, one after the other. */
export interface Deflater {
  /** Asked once for each message of `bytes` octets: false to send it as it is (RFC 7692 §6), since the like did not shrink. */
  pays(bytes: number): boolean;
  /** @param look is given the payload for a message with RSV1 (RFC 7692 §7.2.1), lent as above. */
  deflate<Seen>(bytes: Buffer, look: (payload: Buffer) => Seen): Seen;
  /** Frees the window. */
  close(): void;
}

/**
 * Contexts for those who keep nothing between messages: one for each window size and level in the whole process, since
 * no message's work is ever interrupted by another's.
 */
const shared = new Map<string, ZlibHandle>();

/** So many connections have a window to compress with at a time: 264 KiB each, 17 MiB for all. */
const MOST_DEFLATERS = 64;

/**
 * The windows of those who compress, by connection, the longest unused first. Where all are in use, the longest unused
 * is cleared and given to whoever needs one: a sender may always compress as if nothing had come before (RFC 7692
 * §7.2.1), so its last owner loses some compression, once, and nothing else. Thus a thousand idle connections cost no
 * more than a hundred; and zlib's many blocks are not freed and made anew, which would leave the heap in pieces.
 */
const deflaters = new Map<object, { readonly name: string; readonly zlib: ZlibHandle }>();

function lendDeflater(owner: object, name: string, make: () => ZlibHandle): ZlibHandle {
  const lent = deflaters.get(owner) ?? spareDeflater(name, make);
  deflaters.delete(owner);
  deflaters.set(owner, lent);
  return lent.zlib;
}

/** For who has none: a new one, or the longest unused, taken from its owner. */
function spareDeflater(name: string, make: () => ZlibHandle) {
  const [oldest] = deflaters.size < MOST_DEFLATERS ? [] : deflaters;
  if (oldest === undefined) return { name, zlib: make() };
  const [owner, spare] = oldest;
  deflaters.delete(owner);
  if (spare.name !== name) {
    spare.zlib.close();
    return { name, zlib: make() };
  }
  spare.zlib.reset();
  return spare;
}

function returnDeflater(owner: object): void {
  deflaters.get(owner)?.zlib.close();
  deflaters.delete(owner);
}

/** The least window zlib deflates raw data with: 512 octets. */
const LEAST_WINDOW_BITS = 9;

/**
 * With so small a window zlib spends its time moving it along, whatever the level: 0.59 ms for 128 KiB of JSON at level
 * 1 and at level 4, but 26 KiB come out of the one and 7 KiB of the other.
 */
const LEAST_WINDOW_LEVEL = 4;

/** The two directions of what was agreed, for a server. zlib is set up with the first message, not before. */
export function openDeflate(agreement: Agreement, level: number): { inflater: Inflater; deflater: Deflater } {
  const client = inflaterOf(agreement);
  const bits = agreement.serverMaxWindowBits;
  const effort = bits === LEAST_WINDOW_BITS ? Math.max(level, LEAST_WINDOW_LEVEL) : level;
  const name = `deflate ${bits} ${effort}`;
  const make = () => openDeflater(bits, effort);
  const shrinkage = new CompressionHeuristic();
  const deflater: Deflater = {
    pays: (bytes) => shrinkage.isLikely(bytes),
    deflate(bytes, look) {
      const zlib = agreement.serverNoContextTakeover ? fresh(name, make) : lendDeflater(deflater, name, make);
      return deflate(zlib, bytes, (payload) => {
        shrinkage.saw(bytes.length, payload.length);
        return look(payload);
      });
    },
    close: () => returnDeflater(deflater),
  };
  return {
    inflater: {
      inflate: (compressed, maxBytes, look) => inflate(client.zlib(), compressed, maxBytes, look),
      close: client.close,
    },
    deflater,
  };
}

/** A shared context that starts anew for each message (§7.1.1, no context takeover). */
function fresh(name: string, make: () => ZlibHandle): ZlibHandle {
  const zlib = shared.get(name) ?? make();
  shared.set(name, zlib);
  zlib.reset();
  return zlib;
}

/** What a client may refer back to has to be kept for each, unless it said that it would not. */
function inflaterOf({ clientNoContextTakeover, clientMaxWindowBits }: Agreement) {
  const make = () => openInflater(clientMaxWindowBits);
  let own: ZlibHandle | undefined;
  return {
    zlib(): ZlibHandle {
      if (clientNoContextTakeover) return fresh(`inflate ${clientMaxWindowBits}`, make);
      own ??= make();
      return own;
    },
    close(): void {
      own?.close();
      own = undefined;
    },
  };
}

/** What is inflated, and what is deflated, one message after the other: the one may be made of the other. */
const inflated = new ZlibOutput();
const deflated = new ZlibOutput();

function inflate<Seen>(zlib: ZlibHandle, compressed: Buffer, maxBytes: number, look: (plain: Buffer) => Seen): Seen {
  const write = (output: ZlibOutput) => {
    let left = compressed;
    for (;;) {
      const input = left.length > 0 ? left : TAIL;
      const { unread, full, broken } = zlib.run(input, output);
      if (broken !== undefined) throw new Violation(CLOSE.invalidData, 'data that does not inflate', '7692 7.2.2');
      if (full) throw tooBig(maxBytes);
      // RFC 7692 §7.2.3.4: a block may say that it is the last. What follows it is a stream of its own.
      if (unread > 0) zlib.reset();
      if (left.length === 0) return;
      left = left.subarray(left.length - unread);
    }
  };
  // With room for one octet too many, so that too many can be told from just enough.
  return inflated.fill(maxBytes + 1, write, look);
}

function deflate<Seen>(zlib: ZlibHandle, bytes: Buffer, look: (payload: Buffer) => Seen): Seen {
  // A flush with nothing to flush writes nothing, so an empty message would be none at all.
  if (bytes.length === 0) return look(EMPTY);
  const write = (output: ZlibOutput) => {
    const { broken } = zlib.run(bytes, output);
    if (broken !== undefined) throw new Error(`zlib could not compress a message: ${broken}`);
  };
  return deflated.fill(Number.MAX_SAFE_INTEGER, write, (all) => look(all.subarray(0, all.length - TAIL.length)));
}

import type { Corpus } from '../../../suites/autobahn/cases/case.ts';
import { deflateMessage } from '../protocol/deflate.ts';
import { compressionOf, type Deflate } from '../protocol/permessage-deflate.ts';
import { encodeFrame, fragmentLengths, maskFor, type Role } from '../protocol/wire.ts';
import type { Corpora } from './corpora.ts';
import { cut, unitsOf } from './corpus.ts';

/** A compressed message as encoded frames, ready to be written, with the counts that the wire log needs. */
export interface PreparedMessage {
  /** The message before compression: the echo must be equal to it. */
  plain: Buffer;
  /** The encoded frames of the message, one after the other. */
  bytes: Buffer;
  /** Payload of all frames of the message together, in bytes. */
  payloadLength: number;
  /** Pairs of an opcode and the number of frames of the message with this opcode. */
  frames: readonly (readonly [opcode: number, times: number])[];
  /** Pairs of a length in bytes (header included) and the number of frames of the message with this length. */
  writes: readonly (readonly [length: number, times: number])[];
}

/** The messages that a case sends: consecutive parts of a corpus (the data from which messages are cut). */
export interface MessageSeries {
  corpus: Corpus;
  binary: boolean;
  /** Length of each message: in bytes for a binary corpus, in characters for a text. */
  length: number;
  /** Number of compressed bytes per frame; 0 means that each message is sent in one frame. */
  fragment: number;
}

/**
 * The compressed messages of the cases 12.x and 13.x. Each message is made once, and all cases with the same corpus,
 * length and parameters send the same bytes, including the masks. Repeated masks are harmless here: a mask protects
 * intermediaries from bytes that a script in a browser chooses (RFC 6455 10.3), and these bytes are only test data.
 */
export class MessageStore {
  readonly #corpora: Corpora;
  readonly #plains = new Map<string, Buffer>();
  readonly #payloads = new Map<string, Buffer>();
  readonly #prepared = new Map<string, PreparedMessage>();

  constructor(corpora: Corpora) {
    this.#corpora = corpora;
  }

  /**
   * Returns message number `k` (from 0) of a series of messages, compressed as `sender` (client or server) does with
   * the agreed parameters `deflate`. Throws RangeError if the parameters ask for a window size that zlib does not
   * support.
   */
  get(series: MessageSeries, sender: Role, deflate: Deflate, k: number): PreparedMessage {
    const { corpus, binary, length, fragment } = series;
    const { noContextTakeover, windowBits } = compressionOf(deflate, sender);
    const data = this.#corpora.get(corpus);
    const units = unitsOf(data);
    const from = (k * length) % units;
    // Number of units (bytes, or characters of a text) that the receiver still has in its compression window:
    // everything sent before, up to the window size.
    const remembered = noContextTakeover ? 0 : Math.min(k * length, 1 << windowBits);
    const window = (): Buffer => {
      const earlier = cut(data, (from - remembered + units) % units, remembered);
      return earlier.subarray(Math.max(0, earlier.length - (1 << windowBits)));
    };
    const plainKey = `${corpus} ${length} ${from}`;
    const plain = once(this.#plains, plainKey, () => cut(data, from, length));
    const payloadKey = `${plainKey} ${windowBits} ${remembered}`;
    const payload = once(this.#payloads, payloadKey, () => deflateMessage(plain, window(), windowBits));
    return once(this.#prepared, `${payloadKey} ${binary} ${fragment} ${sender}`, () => ({
      plain,
      ...encodeFrames(payload, binary ? 2 : 1, fragment, sender),
    }));
  }
}

/** Returns the cached value of a key, or computes the value and caches it. */
function once<T>(known: Map<string, T>, key: string, make: () => T): T {
  const earlier = known.get(key);
  if (earlier !== undefined) return earlier;
  const made = make();
  known.set(key, made);
  return made;
}

/** Encodes the frames of a compressed message. RSV1 is set on the first frame only (RFC 7692 6). */
function encodeFrames(payload: Buffer, opcode: number, fragment: number, sender: Role): Omit<PreparedMessage, 'plain'> {
  const lengths = fragmentLengths(payload.length, fragment);
  const writes = new Map<number, number>();
  const encoded: Buffer[] = [];
  let start = 0;
  for (const [i, length] of lengths.entries()) {
    const head = { opcode: i === 0 ? opcode : 0, fin: i === lengths.length - 1, rsv: i === 0 ? 4 : 0 };
    const frame = encodeFrame(head, payload.subarray(start, start + length), maskFor(sender));
    encoded.push(frame);
    writes.set(frame.length, (writes.get(frame.length) ?? 0) + 1);
    start += length;
  }
  return {
    bytes: Buffer.concat(encoded),
    payloadLength: payload.length,
    frames:
      lengths.length === 1
        ? [[opcode, 1]]
        : [
            [opcode, 1],
            [0, lengths.length - 1],
          ],
    writes: [...writes],
  };
}

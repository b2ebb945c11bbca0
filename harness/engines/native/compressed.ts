import type { Corpus } from '../../suites/autobahn/cases/case.ts';
import { type Corpora, cut, unitsOf } from './data.ts';
import { deflateMessage } from './deflate.ts';
import type { Deflate } from './handshake.ts';
import { encodeFrame, fragmentLengths, freshMask } from './wire.ts';

/** A message with its frames, ready to be written, and what the counts need to know about it. */
export interface Prepared {
  /** The message as it must come back. */
  plain: Buffer;
  /** All frames, masked, one behind the other. */
  octets: Buffer;
  /** Octets of payload in all frames together. */
  payloadOctets: number;
  /** Opcode and how many frames of it. */
  frames: readonly (readonly [opcode: number, times: number])[];
  /** Length of a frame and how many of that length. */
  writes: readonly (readonly [length: number, times: number])[];
}

/** Which messages are sent, and how the connection wants them. */
export interface Series {
  corpus: Corpus;
  binary: boolean;
  length: number;
  fragment: number;
}

/**
 * The messages of 12.x and 13.x, each made once for all cases that need it: cases of the same corpus, length and
 * parameters send the same octets, masks included. A mask is there to keep intermediaries safe from what a script makes
 * a browser send (RFC 6455 10.3), which is not at stake here.
 */
export class MessageStore {
  readonly #corpora: Corpora;
  readonly #plains = new Map<string, Buffer>();
  readonly #payloads = new Map<string, Buffer>();
  readonly #prepared = new Map<string, Prepared>();

  constructor(corpora: Corpora) {
    this.#corpora = corpora;
  }

  /**
   * The `k`th message (from 0) of a series over a connection, compressed, cut and masked. Throws RangeError where the
   * server asked for a window that zlib does not have.
   */
  get(series: Series, deflate: Deflate, k: number): Prepared {
    const { corpus, binary, length, fragment } = series;
    const data = this.#corpora.get(corpus);
    const units = unitsOf(data);
    const from = (k * length) % units;
    const bits = deflate.clientMaxWindowBits;
    // What the server remembers: everything sent so far, as far as the window goes.
    const remembered = deflate.clientNoContextTakeover ? 0 : Math.min(k * length, 1 << bits);
    const window = (): Buffer => {
      const before = cut(data, (from - remembered + units) % units, remembered);
      return before.subarray(Math.max(0, before.length - (1 << bits)));
    };
    const message = `${corpus} ${length} ${from}`;
    const plain = once(this.#plains, message, () => cut(data, from, length));
    const compressed = `${message} ${bits} ${remembered}`;
    const payload = once(this.#payloads, compressed, () => deflateMessage(plain, window(), bits));
    return once(this.#prepared, `${compressed} ${binary} ${fragment}`, () => ({
      plain,
      ...frames(payload, binary ? 2 : 1, fragment),
    }));
  }
}

function once<T>(known: Map<string, T>, key: string, make: () => T): T {
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = make();
  known.set(key, made);
  return made;
}

/** A compressed message as frames: RSV1 on the first only (RFC 7692 6). */
function frames(payload: Buffer, opcode: number, fragment: number): Omit<Prepared, 'plain'> {
  const lengths = fragmentLengths(payload.length, fragment);
  const writes = new Map<number, number>();
  const encoded: Buffer[] = [];
  let at = 0;
  for (const [i, length] of lengths.entries()) {
    const head = { opcode: i === 0 ? opcode : 0, fin: i === lengths.length - 1, rsv: i === 0 ? 4 : 0 };
    const frame = encodeFrame(head, payload.subarray(at, at + length), freshMask());
    encoded.push(frame);
    writes.set(frame.length, (writes.get(frame.length) ?? 0) + 1);
    at += length;
  }
  return {
    octets: Buffer.concat(encoded),
    payloadOctets: payload.length,
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

import { deflateRawSync, inflateRawSync, constants as zlib } from 'node:zlib';

/**
 * permessage-deflate (RFC 7692 7.2), one message at a time and without streams: what a stream would remember between
 * messages is its window, and zlib takes a window as a dictionary. A message is then a value computed from its octets
 * and a window, so that equal work is done once however many cases ask for it.
 */

/** What ends a message's last block on the wire and is left out there (RFC 7692 7.2.1). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
/**
 * A final, empty, stored block and one octet more: if a block could begin where it stands, inflating ends before that
 * octet, and else goes on to it.
 */
const PROBE = Buffer.from([0x01, 0x00, 0x00, 0xff, 0xff, 0x00]);
const NOTHING: Buffer = Buffer.alloc(0);

/** One message compressed. `window`: what the other side remembers of earlier messages, empty when it forgets. */
export function deflateMessage(message: Buffer, window: Buffer, windowBits: number): Buffer {
  if (windowBits === 8)
    throw new RangeError('zlib cannot deflate with a window of 256 octets (client_max_window_bits=8)');
  const whole = deflateRawSync(message, {
    windowBits,
    memLevel: 8,
    finishFlush: zlib.Z_SYNC_FLUSH,
    ...(window.length > 0 ? { dictionary: window } : {}),
  });
  // zlib writes nothing at all for nothing; an empty message is one empty stored block, of which the first octet stays.
  return whole.length < TAIL.length ? Buffer.from([0x00]) : whole.subarray(0, whole.length - TAIL.length);
}

/** The last octets of `before` followed by `message` that a window of that size holds. */
export function windowAfter(before: Buffer, message: Buffer, windowBits: number): Buffer {
  const size = 1 << windowBits;
  if (message.length >= size) return message.subarray(message.length - size);
  const joined = Buffer.concat([before, message]);
  return joined.subarray(Math.max(0, joined.length - size));
}

/** One direction of a connection: inflates message after message. Throws where the octets are no deflate data. */
export class Inflater {
  readonly #forgets: boolean;
  readonly #windowBits: number;
  #window = NOTHING;
  /** Octets since the last point where a block could begin; empty after every message that ends as it should. */
  #carry = NOTHING;
  /** How much of what the carry inflates to has been delivered. */
  #delivered = 0;
  #ended = false;

  /** `forgets`: the sender begins every message with an empty window (no_context_takeover). */
  constructor(forgets: boolean, windowBits: number) {
    this.#forgets = forgets;
    this.#windowBits = windowBits;
  }

  /** The message behind one message's octets (RFC 7692 7.2.2), all its frames together. */
  message(octets: Buffer): Buffer {
    if (this.#forgets) {
      this.#window = NOTHING;
      this.#carry = NOTHING;
      this.#delivered = 0;
      this.#ended = false;
    }
    // A final block has ended the stream: whatever comes inflates to nothing.
    if (this.#ended) return NOTHING;
    const input = this.#carry.length === 0 ? octets : Buffer.concat([this.#carry, octets]);
    const { output, end } = inflateOnce(input, this.#window, this.#windowBits);
    const message = this.#delivered === 0 ? output : output.subarray(this.#delivered);
    switch (end) {
      case 'clean':
        if (!this.#forgets) this.#window = windowAfter(this.#window, output, this.#windowBits);
        this.#carry = NOTHING;
        this.#delivered = 0;
        return message;
      case 'inside a block':
        // The stream goes on in the middle of something; with the tail that every message is followed by.
        this.#carry = Buffer.concat([input, TAIL]);
        this.#delivered = inflateRaw(this.#carry, this.#window, this.#windowBits).buffer.length;
        return message;
      case 'final block':
        this.#ended = true;
        return message;
    }
  }
}

interface Inflated {
  output: Buffer;
  end: 'clean' | 'inside a block' | 'final block';
}

function inflateOnce(input: Buffer, window: Buffer, windowBits: number): Inflated {
  const known = memo.get(input, window, windowBits);
  if (known !== undefined) return { output: known, end: 'clean' };
  const probed = Buffer.concat([input, TAIL, PROBE]);
  let inflated: ReturnType<typeof inflateRaw> | null = null;
  try {
    inflated = inflateRaw(probed, window, windowBits);
  } catch {
    // Where no block could begin behind the tail the probe is no deflate data: look at the message without it.
  }
  if (inflated !== null && inflated.consumed === probed.length - 1) {
    memo.put(input, window, windowBits, inflated.buffer);
    return { output: inflated.buffer, end: 'clean' };
  }
  const { buffer, consumed } = inflateRaw(input, window, windowBits);
  if (consumed < input.length) return { output: buffer, end: 'final block' };
  const ended = inflateRaw(Buffer.concat([input, TAIL]), window, windowBits).consumed < input.length + TAIL.length;
  return { output: buffer, end: ended ? 'final block' : 'inside a block' };
}

function inflateRaw(input: Buffer, window: Buffer, windowBits: number): { buffer: Buffer; consumed: number } {
  // With info, Node returns the engine as well, which the types do not know.
  const { buffer, engine } = inflateRawSync(input, {
    windowBits,
    finishFlush: zlib.Z_SYNC_FLUSH,
    // A smaller window than usual is a promise, and zlib notices a breach only beyond what it has just written: as
    // often as the original looks, every 16 KiB, for those; in one go for the rest.
    chunkSize: windowBits < 15 ? 16_384 : Math.min(262_144, Math.max(16_384, input.length * 16)),
    info: true,
    ...(window.length > 0 ? { dictionary: window } : {}),
  }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
  return { buffer, consumed: engine.bytesWritten };
}

/**
 * What has been inflated before: the same octets behind the same window are the same message. Servers that compress
 * the same echo in many cases make the same octets of it.
 */
class InflateMemo {
  readonly #known = new Map<string, { input: Buffer; window: Buffer; output: Buffer }[]>();
  #held = 0;

  get(input: Buffer, window: Buffer, windowBits: number): Buffer | undefined {
    const candidates = this.#known.get(memoKey(input, window, windowBits));
    return candidates?.find((one) => one.input.equals(input) && one.window.equals(window))?.output;
  }

  put(input: Buffer, window: Buffer, windowBits: number, output: Buffer): void {
    if (input.length < MEMO_FROM) return;
    const size = input.length + window.length + output.length;
    if (this.#held + size > MEMO_LIMIT) {
      this.#known.clear();
      this.#held = 0;
    }
    this.#held += size;
    const key = memoKey(input, window, windowBits);
    const entry = { input: Buffer.from(input), window, output };
    const candidates = this.#known.get(key);
    if (candidates === undefined) this.#known.set(key, [entry]);
    else candidates.push(entry);
  }
}

/** Octets of compressed data from which remembering is worth while, and octets held in all. */
const MEMO_FROM = 16;
const MEMO_LIMIT = 64 * 1024 * 1024;
const memo = new InflateMemo();

/** Not the identity of a message, only something that few others share. */
function memoKey(input: Buffer, window: Buffer, windowBits: number): string {
  const middle = input.length >> 1;
  return `${windowBits} ${window.length} ${input.length} ${input.toString('latin1', middle, middle + 12)}${input.toString('latin1', input.length - 12)}`;
}

/**
 * The output of a container. Without a terminal Docker sends stdout and stderr in one stream, in pieces: a head of 8
 * octets (which stream; three zeros; length, big-endian) and then so many octets. Network reads cut that anywhere.
 */

const HEAD = 8;
/** A line longer than this is cut: it is a program gone mad, not a message. In octets. */
const LINE_LIMIT = 8_192;

/** Octets in, whole lines out, whatever the cuts. stdout and stderr keep their own unfinished lines. */
export class LogReader {
  #head = Buffer.alloc(0);
  #left = 0;
  #stream = 0;
  readonly #unfinished = new Map<number, Buffer>();

  /** Takes a chunk as it came; returns the lines it completes. Throws on a head that cannot be one. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left === 0) {
        const missing = HEAD - this.#head.length;
        this.#head = Buffer.concat([this.#head, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (this.#head.length < HEAD) break;
        this.#stream = this.#head.readUInt8(0);
        if (this.#stream > 2) throw new Error(`not a container's log: stream number ${this.#stream}`);
        this.#left = this.#head.readUInt32BE(4);
        this.#head = Buffer.alloc(0);
        continue;
      }
      const piece = rest.subarray(0, this.#left);
      rest = rest.subarray(piece.length);
      this.#left -= piece.length;
      this.#split(piece, lines);
    }
    return lines;
  }

  /** The lines that were never finished; call it when the stream has ended. */
  end(): string[] {
    const lines = [...this.#unfinished.values()].filter((line) => line.length > 0).map(text);
    this.#unfinished.clear();
    return lines;
  }

  #split(piece: Buffer, lines: string[]): void {
    let from = 0;
    for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, from)) {
      lines.push(text(this.#join(piece.subarray(from, at))));
      this.#unfinished.delete(this.#stream);
      from = at + 1;
    }
    if (from < piece.length) this.#unfinished.set(this.#stream, this.#join(piece.subarray(from)));
  }

  #join(more: Buffer): Buffer {
    const before = this.#unfinished.get(this.#stream);
    if (before === undefined) return Buffer.from(more.subarray(0, LINE_LIMIT));
    return Buffer.concat([before, more.subarray(0, Math.max(0, LINE_LIMIT - before.length))]);
  }
}

function text(line: Buffer): string {
  return line.toString('utf8').replace(/\r$/, '');
}

/** The first and the last lines of an output of any length, and how many were left out between them. */
export class HeadAndTail {
  readonly #head: string[] = [];
  readonly #tail: string[] = [];
  #leftOut = 0;
  readonly #limits: { readonly head: number; readonly tail: number };

  constructor(limits: { readonly head: number; readonly tail: number } = { head: 20, tail: 40 }) {
    this.#limits = limits;
  }

  add(line: string): void {
    if (this.#head.length < this.#limits.head) {
      this.#head.push(line);
      return;
    }
    this.#tail.push(line);
    if (this.#tail.length > this.#limits.tail) {
      this.#tail.shift();
      this.#leftOut += 1;
    }
  }

  lines(): string[] {
    const gap = this.#leftOut === 0 ? [] : [`… ${this.#leftOut} lines left out …`];
    return [...this.#head, ...gap, ...this.#tail];
  }

  last(count: number): string[] {
    return this.lines().slice(-count);
  }
}

/** The id in the line wstest prints when it opens the connection of a case; undefined for any other line. */
export function caseStarted(line: string): string | undefined {
  return /^Running test case ID (\d+(?:\.\d+)+) for agent /.exec(line)?.[1];
}

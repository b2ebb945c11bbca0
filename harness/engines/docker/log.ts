/**
 * Length of a block header in Docker's output stream. Docker sends stdout and stderr of a container in one stream of
 * blocks: a header of 8 bytes (stream number, three zeros, length of the block as a big-endian number), then the block.
 */
const HEADER_LENGTH = 8;
/**
 * Maximum length of an output line in bytes. The rest of a longer line is discarded, because a broken program could
 * otherwise fill the memory.
 */
const LINE_LIMIT = 8_192;

/**
 * Splits a container's output stream into lines. The bytes may arrive in pieces of any size. Lines of stdout and stderr
 * are kept apart.
 */
export class LogReader {
  #header = Buffer.alloc(0);
  /** Bytes of the current block that have not arrived yet. */
  #missing = 0;
  #stream = 0;
  readonly #unfinished = new Map<number, Buffer>();

  /** Takes the next bytes and returns the lines that are now complete. Throws if a block header is not valid. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#missing === 0) {
        const needed = HEADER_LENGTH - this.#header.length;
        this.#header = Buffer.concat([this.#header, rest.subarray(0, needed)]);
        rest = rest.subarray(needed);
        if (this.#header.length < HEADER_LENGTH) break;
        this.#stream = this.#header.readUInt8(0);
        if (this.#stream > 2) throw new Error(`not a container's log: stream number ${this.#stream}`);
        this.#missing = this.#header.readUInt32BE(4);
        this.#header = Buffer.alloc(0);
        continue;
      }
      const piece = rest.subarray(0, this.#missing);
      rest = rest.subarray(piece.length);
      this.#missing -= piece.length;
      this.#split(piece, lines);
    }
    return lines;
  }

  /** Returns the lines that have no line end. Called when the stream has ended. */
  end(): string[] {
    const lines = [...this.#unfinished.values()].filter((line) => line.length > 0).map(text);
    this.#unfinished.clear();
    return lines;
  }

  #split(piece: Buffer, lines: string[]): void {
    let start = 0;
    for (let end = piece.indexOf(10); end !== -1; end = piece.indexOf(10, start)) {
      lines.push(text(this.#join(piece.subarray(start, end))));
      this.#unfinished.delete(this.#stream);
      start = end + 1;
    }
    if (start < piece.length) this.#unfinished.set(this.#stream, this.#join(piece.subarray(start)));
  }

  /** Appends bytes to the unfinished line of the current stream, up to the limit. */
  #join(bytes: Buffer): Buffer {
    const beginning = this.#unfinished.get(this.#stream);
    if (beginning === undefined) return Buffer.from(bytes.subarray(0, LINE_LIMIT));
    return Buffer.concat([beginning, bytes.subarray(0, Math.max(0, LINE_LIMIT - beginning.length))]);
  }
}

function text(line: Buffer): string {
  return line.toString('utf8').replace(/\r$/, '');
}

/** Keeps the first and the last lines of an output of any length, and counts the lines between them. */
export class HeadAndTail {
  readonly #head: string[] = [];
  readonly #tail: string[] = [];
  #omitted = 0;
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
      this.#omitted += 1;
    }
  }

  lines(): string[] {
    const omission = this.#omitted === 0 ? [] : [`… ${this.#omitted} lines omitted …`];
    return [...this.#head, ...omission, ...this.#tail];
  }

  last(count: number): string[] {
    return this.lines().slice(-count);
  }
}

/**
 * wstest (Autobahn's command) prints a line when it starts a case. Returns the case id in such a line; undefined for
 * any other line.
 */
export function caseStarted(line: string): string | undefined {
  return /^Running test case ID (\d+(?:\.\d+)+) for agent /.exec(line)?.[1];
}

import { createWriteStream, type WriteStream } from 'node:fs';
import type { Readable } from 'node:stream';

/** How much of a process's output is kept. */
export interface OutputLimits {
  /** Maximum number of bytes in the log file: the beginning of the output. */
  fileBytes: number;
  /** Number of last lines that are kept in memory. If the log file had to be cut, they are added to its end. */
  tailLines: number;
  /** Maximum number of characters of a line; the rest of a longer line is dropped. */
  lineChars: number;
}

const LIMITS: OutputLimits = { fileBytes: 2 * 1024 * 1024, tailLines: 50, lineChars: 2000 };

/** Returns a sentence for an error text. It refers to the last lines of output, which are printed below the error. */
export const pointTo = (tail: readonly string[]): string =>
  tail.length === 0 ? 'It printed nothing. ' : 'Its last lines are below. ';

/**
 * Takes the output of a process. The log file gets the beginning, and memory keeps the last lines. A server that prints
 * a gigabyte therefore fills neither the disk nor our memory.
 */
export class Output {
  private readonly limits: OutputLimits;
  private readonly file: WriteStream | undefined;
  private writtenBytes = 0;
  private droppedBytes = 0;
  private readonly lines: string[] = [];
  /** The last line, if its line end has not arrived yet. */
  private unfinishedLine = '';
  private readonly listeners: ((line: string) => void)[] = [];

  /** Starts to take output. @param path log file; without a path, only the last lines are kept. */
  constructor(path?: string, limits: OutputLimits = LIMITS) {
    this.limits = limits;
    // A log file that cannot be written must not end a run. Error texts use the lines in memory.
    this.file = path === undefined ? undefined : createWriteStream(path).on('error', () => {});
  }

  /** Reads a stream until its end. The stream is never paused, so the process that writes it is never blocked. */
  follow(stream: Readable): void {
    stream.on('data', (chunk: Buffer) => this.add(chunk));
    stream.on('error', () => {});
  }

  /** Calls `listener` with every line that is completed from now on. */
  onLine(listener: (line: string) => void): void {
    this.listeners.push(listener);
  }

  /** The last lines, oldest first. */
  tail(): string[] {
    return this.unfinishedLine === '' ? [...this.lines] : [...this.lines, this.unfinishedLine];
  }

  /** Closes the log file. Resolves when the file is on disk. */
  async close(): Promise<void> {
    const { file } = this;
    if (!file || file.destroyed) return;
    if (this.droppedBytes > 0)
      file.write(`\n… ${this.droppedBytes} bytes left out; the last lines were:\n${this.tail().join('\n')}\n`);
    await new Promise<void>((resolve) => {
      file.once('close', resolve);
      file.once('error', () => resolve());
      file.end();
    });
  }

  private add(chunk: Buffer): void {
    const freeBytes = this.limits.fileBytes - this.writtenBytes;
    if (freeBytes > 0) this.file?.write(chunk.subarray(0, freeBytes));
    this.writtenBytes += Math.min(freeBytes, chunk.length);
    this.droppedBytes += Math.max(0, chunk.length - freeBytes);
    const parts = (this.unfinishedLine + chunk.toString('utf8')).split('\n');
    this.unfinishedLine = (parts.pop() ?? '').slice(-this.limits.lineChars);
    for (const part of parts) {
      const line = part.slice(0, this.limits.lineChars).replace(/\r$/, '');
      this.lines.push(line);
      for (const listener of this.listeners) listener(line);
    }
    this.lines.splice(0, this.lines.length - this.limits.tailLines);
  }
}

import { createWriteStream, type WriteStream } from 'node:fs';
import type { Readable } from 'node:stream';

/** What of a log is kept when it is longer: its beginning, its end, and how much stood between. */
export interface OutputLimits {
  fileBytes: number;
  tailLines: number;
  lineChars: number;
}

const LIMITS: OutputLimits = { fileBytes: 2 * 1024 * 1024, tailLines: 50, lineChars: 2000 };

/** How a problem points to the last lines that stand below it, where there are any. */
export const pointTo = (tail: readonly string[]): string =>
  tail.length === 0 ? 'It printed nothing. ' : 'Its last lines are below. ';

/**
 * Takes in the output of a process we do not trust to be brief: a file that stops growing at a limit, and the last
 * lines in memory. A server may print a gigabyte without filling a disk or our memory.
 */
export class Output {
  private readonly limits: OutputLimits;
  private readonly file: WriteStream | undefined;
  private written = 0;
  private leftOut = 0;
  private readonly lines: string[] = [];
  private rest = '';
  private readonly listeners: ((line: string) => void)[] = [];

  /** @param path file to write to; without one only the tail is kept. */
  constructor(path?: string, limits: OutputLimits = LIMITS) {
    this.limits = limits;
    // A log that cannot be written must not end a run; the tail in memory is what errors show.
    this.file = path === undefined ? undefined : createWriteStream(path).on('error', () => {});
  }

  /** Follows a stream until it ends. */
  follow(stream: Readable): void {
    stream.on('data', (chunk: Buffer) => this.add(chunk));
    stream.on('error', () => {});
  }

  /** Calls back for every further complete line. */
  onLine(listener: (line: string) => void): void {
    this.listeners.push(listener);
  }

  /** The last lines, oldest first. */
  tail(): string[] {
    return this.rest === '' ? [...this.lines] : [...this.lines, this.rest];
  }

  /** Ends the file; resolves when it is on disk. */
  async close(): Promise<void> {
    const { file } = this;
    if (!file || file.destroyed) return;
    if (this.leftOut > 0)
      file.write(`\n… ${this.leftOut} bytes left out; the last lines were:\n${this.tail().join('\n')}\n`);
    await new Promise<void>((resolve) => {
      file.once('close', resolve);
      file.once('error', () => resolve());
      file.end();
    });
  }

  private add(chunk: Buffer): void {
    const room = this.limits.fileBytes - this.written;
    if (room > 0) this.file?.write(chunk.subarray(0, room));
    this.written += Math.min(room, chunk.length);
    this.leftOut += Math.max(0, chunk.length - room);
    const parts = (this.rest + chunk.toString('utf8')).split('\n');
    this.rest = (parts.pop() ?? '').slice(-this.limits.lineChars);
    for (const part of parts) {
      const line = part.slice(0, this.limits.lineChars).replace(/\r$/, '');
      this.lines.push(line);
      for (const listener of this.listeners) listener(line);
    }
    this.lines.splice(0, this.lines.length - this.limits.tailLines);
  }
}

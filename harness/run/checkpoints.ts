import type { Snapshot } from './collected-results.ts';

/** As long as nothing is written meanwhile. */
const LONGEST_MS = 60_000;

/**
 * Writes down what a run knows while it goes on, so that one which is killed has not played for nothing: first after
 * so many seconds, then whenever it has gone on for as long again, and at least every minute. One that cannot be written
 * is left out, since the end will tell.
 */
export class Checkpoints {
  private readonly firstMs: number | undefined;
  private readonly write: (look: Snapshot) => Promise<() => void>;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private over = false;

  /** @param write prepares what is known, and gives back what puts it in its place. */
  constructor(seconds: number | undefined, write: (look: Snapshot) => Promise<() => void>) {
    this.firstMs = seconds === undefined ? undefined : seconds * 1000;
    this.write = write;
  }

  begin(look: Snapshot): void {
    if (this.firstMs !== undefined) this.wait(this.firstMs, look);
  }

  /** No more of them; resolves when the one in the making, if any, is done for. It is not put in its place any more. */
  async end(): Promise<void> {
    this.over = true;
    clearTimeout(this.timer);
    await this.writing;
  }

  private wait(ms: number, look: Snapshot): void {
    this.timer = setTimeout(() => {
      this.writing = this.write(look)
        .then((place) => {
          if (!this.over) place();
        })
        .catch(() => undefined)
        .finally(() => {
          if (!this.over) this.wait(Math.min(2 * ms, LONGEST_MS), look);
        });
    }, ms);
    this.timer.unref();
  }
}

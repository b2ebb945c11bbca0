import type { Snapshot } from './collected-results.ts';

/** Longest time between two checkpoints (partial reports). */
const MAX_INTERVAL_MS = 60_000;

/**
 * Writes partial reports, called checkpoints, during a run. If the run is killed, the results in the last checkpoint
 * remain. The time between two checkpoints doubles each time, up to a minute. A checkpoint that cannot be written is
 * skipped, because the end of the run reports the same error.
 */
export class Checkpoints {
  private readonly firstIntervalMs: number | undefined;
  private readonly prepare: (snapshot: Snapshot) => Promise<() => void>;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private isOver = false;

  /**
   * @param seconds time until the first checkpoint; undefined for no checkpoints.
   * @param prepare writes a partial report next to its final path, and returns the function that moves the report there.
   */
  constructor(seconds: number | undefined, prepare: (snapshot: Snapshot) => Promise<() => void>) {
    this.firstIntervalMs = seconds === undefined ? undefined : seconds * 1000;
    this.prepare = prepare;
  }

  /** Schedules the first checkpoint. */
  begin(snapshot: Snapshot): void {
    if (this.firstIntervalMs !== undefined) this.schedule(this.firstIntervalMs, snapshot);
  }

  /** Stops all checkpoints. Waits for a checkpoint that is being prepared, and discards this checkpoint. */
  async end(): Promise<void> {
    this.isOver = true;
    clearTimeout(this.timer);
    await this.writing;
  }

  private schedule(ms: number, snapshot: Snapshot): void {
    this.timer = setTimeout(() => {
      this.writing = this.prepare(snapshot)
        .then((publish) => {
          if (!this.isOver) publish();
        })
        .catch(() => undefined)
        .finally(() => {
          if (!this.isOver) this.schedule(Math.min(2 * ms, MAX_INTERVAL_MS), snapshot);
        });
    }, ms);
    this.timer.unref();
  }
}

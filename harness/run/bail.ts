/** Implements `--bail N`: counts the unexpected outcomes of all servers of a run, and ends the run when there are N. */
export class Bail {
  readonly limit: number;
  private readonly unexpected = new Set<string>();
  private readonly controller = new AbortController();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** This signal aborts as soon as the run has `limit` unexpected outcomes, and then stays aborted. */
  get limitReached(): AbortSignal {
    return this.controller.signal;
  }

  /** Counts the outcome of a case. A later outcome of the same case replaces the earlier outcome. */
  note(agent: string, id: string, isUnexpected: boolean): void {
    const key = JSON.stringify([agent, id]);
    if (isUnexpected) this.unexpected.add(key);
    else this.unexpected.delete(key);
    if (this.unexpected.size >= this.limit && !this.limitReached.aborted) {
      this.controller.abort(new Error(`The run has ${this.limit} unexpected outcomes, the limit of --bail.`));
    }
  }
}

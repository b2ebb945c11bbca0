import { join } from 'node:path';
import type { Outcome } from '../../reports/document/report.ts';
import type { PlayEvent, PlayOptions } from '../engines/engine.ts';
import type { Suite } from '../plan/suite.ts';
import { addResults } from '../results/copy-results.ts';
import { makeFolder } from '../system/report-folder.ts';
import { type Bail, portions } from './bail.ts';
import type { Batch } from './play-batch.ts';
import type { Retries } from './retries.ts';

/** What to play against one subject, and how unexpected outcomes are treated. */
export interface BatchOptions {
  suite: Suite;
  agent: string;
  cases: readonly string[];
  /** Existing and empty: where the results go. */
  folder: string;
  /** Parent of temporary folders. */
  scratch: string;
  playOptions: PlayOptions;
  /** Whether the engine records a case as soon as the case ends. */
  recordsLive: boolean;
  /** Whether this outcome of the subject stops a merge. */
  isUnexpected(id: string, actual: Outcome): boolean;
  bail: Bail | undefined;
  retries: Retries | undefined;
}

/**
 * Splits the cases of one subject into batches, and then repeats the cases with an unexpected outcome. Without `--bail`
 * there is one batch. With `--bail` and an engine that records only at its end, the cases are split into portions, so that
 * the number of unexpected outcomes is known after each portion.
 */
export class Batches {
  private readonly options: BatchOptions;
  /** Unexpected outcomes of the first attempt of each case. */
  private readonly unexpected = new Map<string, Outcome>();
  private isRetrying = false;

  constructor(options: BatchOptions) {
    this.options = options;
  }

  /** The next batch depends on the outcomes of the one before, so it is made only when it is asked for. */
  *batches(): Generator<Batch> {
    const { agent, folder, scratch, bail, retries } = this.options;
    const parts = this.parts();
    for (const [i, cases] of parts.entries()) {
      if (bail?.enough.aborted) break;
      const into = parts.length === 1 ? folder : join(scratch, `portion-${i}`);
      makeFolder(into);
      try {
        yield { ...this.playOptions(), cases, folder: into, ...(bail === undefined ? {} : { enough: bail.enough }) };
        // Provisional records that no later record replaced count now.
        for (const id of this.unexpected.keys()) bail?.note(agent, id, true);
      } finally {
        // Also runs if the reader stops here because the subject is gone.
        if (into !== folder) addResults(agent, into, folder);
      }
    }
    this.isRetrying = true;
    if (retries !== undefined) yield* retries.rounds(this.unexpected);
  }

  /** Listens to the run: every record of a first attempt is compared with its expectation. */
  hear(event: PlayEvent): void {
    const { suite, agent, bail, retries, isUnexpected } = this.options;
    if (event.kind !== 'recorded' || this.isRetrying || (bail === undefined && retries === undefined)) return;
    const { id, text, entry } = event.record;
    const outcome = outcomeOf(suite, agent, id, text, entry);
    if (outcome === undefined) return;
    const unexpected = isUnexpected(id, outcome);
    if (unexpected) this.unexpected.set(id, outcome);
    else this.unexpected.delete(id);
    if (!event.provisional) bail?.note(agent, id, unexpected);
  }

  private parts(): readonly (readonly string[])[] {
    const { suite, cases, recordsLive, bail } = this.options;
    if (bail === undefined || recordsLive) return [cases];
    const weights = new Map(suite.cases.map(({ id, weightMs }) => [id, weightMs]));
    return portions(cases, (id) => weights.get(id) ?? 0);
  }

  private playOptions(): PlayOptions {
    const { playOptions, recordsLive, bail } = this.options;
    // With several jobs an outcome may be replaced by a later one. One job makes the count for --bail exact.
    return bail !== undefined && recordsLive && playOptions.jobs === undefined
      ? { ...playOptions, jobs: 1 }
      : playOptions;
  }
}

/** The outcome in a record; undefined if the record cannot be read, which the reader of the results folder reports. */
function outcomeOf(
  suite: Suite,
  agent: string,
  id: string,
  text: string | undefined,
  entry: unknown,
): Outcome | undefined {
  if (text === undefined || entry === undefined) return undefined;
  try {
    return suite.readCase(JSON.parse(text), entry, { id, agent }).outcome;
  } catch {
    return undefined;
  }
}

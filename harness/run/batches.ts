import { join } from 'node:path';
import type { Outcome } from '../../reports/document/report.ts';
import type { CaseRecord, PlayEvent, PlayOptions } from '../engines/engine.ts';
import type { Suite } from '../plan/suite.ts';
import { addResults } from '../results/copy-results.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { makeFolder } from '../system/report-folder.ts';
import type { Bail } from './bail.ts';
import { growingBatches } from './growing-batches.ts';
import type { Batch } from './play-batch.ts';
import type { Retries } from './retries.ts';

/** The cases to play against one subject (the tested server or client), and what to do about unexpected outcomes. */
export interface BatchOptions {
  suite: Suite;
  agent: string;
  cases: readonly string[];
  /** Existing empty folder for the results. */
  folder: string;
  /** The folder in which each batch gets a folder of its own, if there are several batches. */
  temporaryFolder: string;
  playOptions: PlayOptions;
  /**
   * Whether the engine hands over the result of each case as soon as the case ends, and not only at the end of a batch.
   */
  recordsLive: boolean;
  /** Whether this outcome of the tested server or client fails the run. */
  isUnexpected(id: string, actual: Outcome): boolean;
  bail: Bail | undefined;
  retries: Retries | undefined;
}

/**
 * Splits the cases of one subject (the tested server or client) into batches, and afterwards repeats the cases with an
 * unexpected outcome. Usually there is one batch. There are several batches with `--bail` if the engine hands over its
 * results only at its end: the unexpected outcomes are then counted after each batch.
 */
export class Batches {
  private readonly options: BatchOptions;
  /** Case id → outcome of the first attempt, if the outcome is unexpected. */
  private readonly unexpected = new Map<string, Outcome>();
  private isRetrying = false;

  constructor(options: BatchOptions) {
    this.options = options;
  }

  /** Yields one batch after the other. The outcomes of a batch decide whether there is a next batch. */
  *batches(): Generator<Batch> {
    const { agent, folder, temporaryFolder, bail, retries } = this.options;
    const parts = this.split();
    for (const [i, cases] of parts.entries()) {
      if (bail?.limitReached.aborted) break;
      const batchFolder = parts.length === 1 ? folder : join(temporaryFolder, `batch-${i}`);
      makeFolder(batchFolder);
      try {
        const limitReached = bail?.limitReached;
        yield { ...this.playOptions(), cases, folder: batchFolder, ...omitUndefined({ limitReached }) };
        // A provisional result is counted only now, because a later result of the same case could have replaced it.
        for (const id of this.unexpected.keys()) bail?.note(agent, id, true);
      } finally {
        // In a `finally`, because the loop that takes the batches may stop here: it does so when the tested program has
        // ended.
        if (batchFolder !== folder) addResults(agent, batchFolder, folder);
      }
    }
    this.isRetrying = true;
    if (retries !== undefined) yield* retries.rounds(this.unexpected);
  }

  /** Remembers each case whose first attempt has an unexpected outcome, for `--bail` and `--retries`. */
  onEvent(event: PlayEvent): void {
    const { suite, agent, recordsLive, bail, retries, isUnexpected } = this.options;
    if (event.kind !== 'recorded' || this.isRetrying || (bail === undefined && retries === undefined)) return;
    const { id } = event.record;
    const outcome = outcomeOf(suite, agent, event.record);
    if (outcome === undefined) return;
    const unexpected = isUnexpected(id, outcome);
    if (unexpected) this.unexpected.set(id, outcome);
    else this.unexpected.delete(id);
    // An engine without live results hands over all results of a batch at once. If the first of them ended the run, the
    // others would be lost. So `batches` counts these results after the batch.
    if (recordsLive && !event.provisional) bail?.note(agent, id, unexpected);
  }

  private split(): readonly (readonly string[])[] {
    const { suite, cases, recordsLive, bail } = this.options;
    if (bail === undefined || recordsLive) return [cases];
    const weights = new Map(suite.cases.map(({ id, weightMs }) => [id, weightMs]));
    return growingBatches(cases, (id) => weights.get(id) ?? 0);
  }

  private playOptions(): PlayOptions {
    const { playOptions, recordsLive, bail } = this.options;
    // With several jobs, cases run at the same time, and a later result of a case may replace an earlier one. With one
    // job each outcome is final, and the count for --bail is exact.
    return bail !== undefined && recordsLive && playOptions.jobs === undefined
      ? { ...playOptions, jobs: 1 }
      : playOptions;
  }
}

/**
 * The outcome in the engine's record of a case. Undefined for an unreadable record, which `readResults` reports later.
 */
function outcomeOf(suite: Suite, agent: string, { id, text, entry }: CaseRecord): Outcome | undefined {
  if (text === undefined || entry === undefined) return undefined;
  try {
    return suite.readCase(JSON.parse(text), entry, { id, agent }).outcome;
  } catch {
    return undefined;
  }
}

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

/** The cases to play against one subject, and what to do about unexpected outcomes. */
export interface BatchOptions {
  suite: Suite;
  agent: string;
  cases: readonly string[];
  /** Existing empty folder for the results. */
  folder: string;
  /** Parent of the folders of single batches. */
  temporaryFolder: string;
  playOptions: PlayOptions;
  /** Whether the engine records a case as soon as the case ends. */
  recordsLive: boolean;
  /** Whether this outcome of the subject fails the run. */
  isUnexpected(id: string, actual: Outcome): boolean;
  bail: Bail | undefined;
  retries: Retries | undefined;
}

/**
 * Splits the cases of one subject into batches, and then repeats the cases with an unexpected outcome. With `--bail` and
 * an engine that records only at its end there are several batches, so that the unexpected outcomes can be counted after
 * each batch. Otherwise there is one batch.
 */
export class Batches {
  private readonly options: BatchOptions;
  /** Case id → outcome of the first attempt, if the outcome is unexpected. */
  private readonly unexpected = new Map<string, Outcome>();
  private isRetrying = false;

  constructor(options: BatchOptions) {
    this.options = options;
  }

  /** Makes the next batch only when it is asked for, because a batch depends on the outcomes of the batch before. */
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
        // Provisional records that no later record replaced count now.
        for (const id of this.unexpected.keys()) bail?.note(agent, id, true);
      } finally {
        // Also runs if the reader stops here because the subject has ended.
        if (batchFolder !== folder) addResults(agent, batchFolder, folder);
      }
    }
    this.isRetrying = true;
    if (retries !== undefined) yield* retries.rounds(this.unexpected);
  }

  /** Notes the unexpected outcomes of first attempts. */
  onEvent(event: PlayEvent): void {
    const { suite, agent, recordsLive, bail, retries, isUnexpected } = this.options;
    if (event.kind !== 'recorded' || this.isRetrying || (bail === undefined && retries === undefined)) return;
    const { id } = event.record;
    const outcome = outcomeOf(suite, agent, event.record);
    if (outcome === undefined) return;
    const unexpected = isUnexpected(id, outcome);
    if (unexpected) this.unexpected.set(id, outcome);
    else this.unexpected.delete(id);
    // An engine that records only at its end hands over all records of a batch at once. To end the run at the first of
    // these records would lose the others, so `batches` counts them after the batch.
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
    // With several jobs a later record may replace an outcome. With one job the count for --bail is exact.
    return bail !== undefined && recordsLive && playOptions.jobs === undefined
      ? { ...playOptions, jobs: 1 }
      : playOptions;
  }
}

/** The outcome in a record. Undefined if the record cannot be read; the reader of the result folder reports this. */
function outcomeOf(suite: Suite, agent: string, { id, text, entry }: CaseRecord): Outcome | undefined {
  if (text === undefined || entry === undefined) return undefined;
  try {
    return suite.readCase(JSON.parse(text), entry, { id, agent }).outcome;
  } catch {
    return undefined;
  }
}

import type { EngineFacts } from '../../reports/document/report.ts';
import type { Assignment, PlayEvent, PlayOptions, PreparedEngine } from '../engines/engine.ts';
import { Recorder } from '../results/recorder.ts';

/** The cases that an engine plays after one start, and how to play them. */
export interface Batch extends PlayOptions {
  cases: readonly string[];
  /** Existing empty folder for the results of the batch. */
  folder: string;
  /** Aborts at the limit of `--bail`. The batch then ends early without an error, and the results so far are kept. */
  limitReached?: AbortSignal;
}

/** Plays cases and writes their results to a folder. Passes each event of the engine to `onEvent`. */
export async function playBatch(
  engine: PreparedEngine,
  assignment: Assignment,
  folder: string,
  onEvent: (event: PlayEvent) => void,
): Promise<Partial<EngineFacts>> {
  const recorder = new Recorder(folder, assignment.agent);
  let facts: Partial<EngineFacts> = {};
  let isComplete = false;
  try {
    for await (const event of engine.play(assignment)) {
      if (event.kind === 'recorded') recorder.put(event.record, event.provisional ?? false);
      else if (event.kind === 'facts') facts = { ...facts, ...event.facts };
      onEvent(event);
    }
    isComplete = true;
  } finally {
    // If the engine failed before its first record, the folder stays empty: no case was played.
    if (isComplete || recorder.size > 0) await recorder.close();
  }
  return facts;
}

import type { EngineFacts } from '../../reports/document/report.ts';
import type { Assignment, PlayEvent, PlayOptions, PreparedEngine } from '../engines/engine.ts';
import { Recorder } from '../results/recorder.ts';

/** Cases that an engine is given at once. */
export interface Batch extends PlayOptions {
  cases: readonly string[];
  /** Existing and empty: where the results of the batch go. */
  folder: string;
  /** Ends the batch early without a problem: results recorded so far are kept. */
  enough?: AbortSignal;
}

/** Plays cases and records them in a folder. Reads the engine's stream; everybody else listens through `onEvent`. */
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
    // A run that failed before its first record writes nothing: an empty folder says that nothing was played.
    if (isComplete || recorder.size > 0) await recorder.close();
  }
  return facts;
}

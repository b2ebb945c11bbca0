import { join } from 'node:path';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import type { Progress } from '../engines/engine.ts';
import { caseInfo, suiteIds } from '../suites/autobahn/catalogue.ts';
import { normalise } from '../suites/autobahn/normalise.ts';
import type { AutobahnOutcome } from '../suites/autobahn/outcome.ts';
import { readResults } from '../suites/autobahn/read-results.ts';
import { caseFile } from '../suites/autobahn/recorded-json.ts';
import { makeFolder } from '../system/report-folder.ts';
import { type Bail, portions } from './bail.ts';
import type { Batch } from './play-one-server.ts';
import { addResults } from './resume.ts';
import type { Retries } from './retries.ts';

/** What is to be played against one server. */
export interface BatchOptions {
  agent: string;
  cases: readonly string[];
  /** Existing, empty: where the results go. */
  folder: string;
  /** Where folders may be made that nobody needs later. */
  scratch: string;
  jobs?: number;
  /** Whether the engine tells what a case left as soon as it is over, and not only when all are. */
  isLive: boolean;
  /** Whether an outcome of this server stops a merge. */
  isUnexpected(id: string, actual: AutobahnOutcome): boolean;
  bail: Bail | undefined;
  retries: Retries | undefined;
}

/**
 * Plays the cases of one server, at once or, where it must be seen in between whether there is enough, in portions;
 * and then again what came out unexpected.
 */
export class Batches {
  private readonly programme: BatchOptions;
  /** Unexpected outcomes of the first play of each case. */
  private readonly unexpected = new Map<string, AutobahnOutcome>();
  private isAgain = false;

  constructor(programme: BatchOptions) {
    this.programme = programme;
  }

  /** One after the other; the next is known when the one before is over. */
  *parts(): Generator<Batch> {
    const { agent, cases, folder, scratch, jobs, isLive, bail, retries } = this.programme;
    const some = bail === undefined || isLive ? [cases] : portions(cases, (id) => caseInfo(id)?.weightMs ?? 0);
    for (const [n, ids] of some.entries()) {
      if (bail?.enough.aborted) break;
      const into = some.length === 1 ? folder : join(scratch, `portion-${n}`);
      makeFolder(into);
      const from = Date.now();
      // Whose outcomes are counted as they come must not have them taken back, as happens to cases played side by side.
      const together = jobs ?? (bail !== undefined && isLive ? 1 : undefined);
      try {
        yield {
          cases: ids,
          folder: into,
          ...(together === undefined ? {} : { jobs: together }),
          ...(bail === undefined ? {} : { enough: bail.enough }),
        };
      } finally {
        // Also where this was the last part, since the server is gone.
        if (into !== folder) addResults(agent, into, folder);
      }
      if (bail !== undefined || retries !== undefined) this.look(into, ids, from);
    }
    this.isAgain = true;
    if (retries !== undefined) yield* retries.rounds(this.unexpected);
  }

  /** Listens to the play: a case that is over may be the one too many. */
  hear(progress: Progress): void {
    const { bail } = this.programme;
    if (bail === undefined || this.isAgain || progress.kind !== 'case' || progress.at === 'started') return;
    const read = caseFile.safeParse(progress.content);
    if (read.success && !progress.provisional) this.note(progress.id, read.data);
  }

  private look(folder: string, cases: readonly string[], from: number): void {
    const { agents } = readResults(folder, {
      cases,
      suite: suiteIds,
      agents: [this.programme.agent],
      extraIsFault: true,
      recorded: { from, to: Date.now() },
    });
    for (const result of agents[0]?.results ?? []) if (result.did === 'run') this.note(result.detail.id, result.detail);
  }

  private note(id: string, detail: RecordedCase): void {
    const { agent, bail, isUnexpected } = this.programme;
    const actual = normalise(detail);
    const unexpected = isUnexpected(id, actual);
    if (unexpected) this.unexpected.set(id, actual);
    else this.unexpected.delete(id);
    bail?.note(agent, id, unexpected);
  }
}

import type { EngineFacts } from '../../reports/document/report.ts';
import type { HandshakeOptions } from '../subject/handshake-options.ts';

/** What an engine has to say while it plays. `started` of a case comes before its connection is opened. */
export type Progress =
  | { kind: 'note'; text: string }
  | { kind: 'case'; id: string; at: 'started' }
  | {
      kind: 'case';
      id: string;
      at: 'finished';
      /** What its file will hold, where the engine knows it by now; the real suite tells all at its end. */
      content?: unknown;
      /** It may be played once more before it counts, since a timer may have been unfair beside others. */
      provisional?: true;
    }
  | { kind: 'log'; text: string };

/** One target, one plan, one folder to fill. */
export interface Assignment extends HandshakeOptions {
  /** Exact ids, numeric order, never empty. */
  cases: readonly string[];
  /** `ws://host:port/path` of the running target, a literal address. */
  url: string;
  /** The name the results are filed under, as it will stand in `index.json`. */
  agent: string;
  /** Existing, empty folder; afterwards `index.json` and one JSON file per case in Autobahn's format. */
  folder: string;
  /** How many cases (native) or containers (docker) at once; the engine's own choice when left out. */
  jobs?: number;
  /** No case begins before the one before it is over, not even beside one that only waits. The real suite plays so anyhow. */
  oneByOne?: boolean;
  /** Aborting ends the play: everything started is removed before `play` rejects with the signal's reason. */
  signal: AbortSignal;
  onProgress(progress: Progress): void;
  /** Seconds after which the whole play counts as hung. */
  timeoutSeconds?: number;
}

/** How an engine gets ready. */
export interface Preparation {
  signal: AbortSignal;
  onProgress(progress: Progress): void;
  /** Finds out the same and changes nothing: pulls no image, and removes nothing that an earlier run left. */
  lookOnly?: boolean;
}

/**
 * What plays cases. Both engines leave the same folder, so that nothing after them can tell which one ran.
 * `prepare` finds out whether the engine can run here (throws HarnessError with exit code 3 when it cannot, within 5 s when
 * nothing answers) and `play` fills the folder, and tells what became
 * known on the way (the network chosen). An engine never judges: it rejects with HarnessError when it could not play
 * (a killed container, no results left), and else leaves what it has for `results.ts` to check against the plan.
 */
export interface Engine {
  prepare(options: Preparation): Promise<EngineFacts>;
  play(assignment: Assignment): Promise<Partial<EngineFacts>>;
}

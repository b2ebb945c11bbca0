import type { EngineFacts } from '../../reports/document/report.ts';
import type { HandshakeOptions } from '../subject/handshake-options.ts';

/** The recorded facts of one case, as the results folder holds them. */
export interface CaseRecord {
  /** Id of the case. */
  id: string;
  /** Name of the case file, without a folder. */
  file: string;
  /** Content of the case file. Left out if the engine lists the case in its index but has no file for it. */
  text?: string;
  /** Entry of the case in `index.json`. Left out if the engine has a file for the case but does not list it. */
  entry?: Readonly<Record<string, unknown>>;
}

/** A line for the user, or a line of the engine's own log. */
export type EngineMessage = { kind: 'note'; text: string } | { kind: 'log'; text: string };

/**
 * What happens while an engine plays. Per case: `started` before its connection is opened, `ended` when its connection
 * is over, `recorded` when its facts are known. The embedded engine records a case as soon as the case ends; the real
 * suite hands over all records at the end of its container.
 */
export type PlayEvent =
  | EngineMessage
  | { kind: 'started'; id: string }
  | { kind: 'ended'; id: string }
  | {
      kind: 'recorded';
      record: CaseRecord;
      /** A later record of the same case may replace this one: a timer decided while other cases were running. */
      provisional?: true;
    }
  | { kind: 'facts'; facts: Partial<EngineFacts> };

/** How the engine and the subject under test meet. */
export type Reach =
  /** The subject is a server: the engine connects to `url` (`ws://host:port/path`, a literal address). */
  | { by: 'connecting'; url: string; handshake: HandshakeOptions }
  /** The subject is a client: the engine opens a port, calls `listening` once with its URL, and the client connects to it. */
  | {
      by: 'listening';
      listening(url: string): void;
      /** Resolves when the client process has ended: no further connection will come. */
      subjectEnded: Promise<unknown>;
    };

/** Options that the user sets for one run of cases; passed on as a whole from the command line to the engine. */
export interface PlayOptions {
  /** Number of cases (embedded engine) or containers (real suite) at the same time. Default: the engine's own choice. */
  jobs?: number;
  /** Start a case only when the previous case has ended, even if the previous case only waits. The real suite always does so. */
  oneByOne?: boolean;
  /** Seconds after which the whole run of cases counts as hung. */
  timeoutSeconds?: number;
}

/** Cases to play against one subject. */
export interface Assignment extends PlayOptions {
  /** Exact case ids in the order of the suite, never empty. */
  cases: readonly string[];
  /** Name of the subject, which becomes the agent in `index.json`. */
  agent: string;
  reach: Reach;
  /** When aborted, the engine removes everything it started; the stream then throws the signal's reason. */
  signal: AbortSignal;
}

/** What an engine needs to get ready. */
export interface Preparation {
  signal: AbortSignal;
  onMessage(message: EngineMessage): void;
}

/** An engine that is ready to play. */
export interface PreparedEngine {
  facts: EngineFacts;
  /** Whether a case is recorded as soon as it ends, and not only when all cases have ended. */
  recordsLive: boolean;
  /**
   * Plays the cases and reports what happens. An engine never judges. The stream throws HarnessError if the cases could
   * not be played (container killed, server unreachable); events that were sent before stay valid.
   */
  play(assignment: Assignment): AsyncIterable<PlayEvent>;
}

/** Plays the cases of a suite. All engines of a suite make the same records, so that no later stage depends on the engine. */
export interface Engine {
  /**
   * Reports the facts of the engine without a change: no image is pulled, and nothing of an earlier run is removed.
   * @throws HarnessError (3) if the engine cannot run here.
   */
  inspect(preparation: Preparation): Promise<EngineFacts>;
  /** Prepares the engine to play. @throws HarnessError (3) if the engine cannot run here, within 5 s if nothing answers. */
  prepare(preparation: Preparation): Promise<PreparedEngine>;
}

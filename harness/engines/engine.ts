import type { EngineFacts } from '../../reports/document/report.ts';
import type { HandshakeOptions } from '../subject/handshake-options.ts';

/** The recorded facts of one case, in the form of a result folder. */
export interface CaseRecord {
  /** Id of the case. */
  id: string;
  /** Name of the case file, without a path. */
  file: string;
  /** Content of the case file. Absent if the engine's index lists the case, but no file exists. */
  text?: string;
  /** Entry of the case in `index.json`. Absent if a file of the case exists, but the engine's index does not list the case. */
  entry?: Readonly<Record<string, unknown>>;
}

/** A line for the user, or a line of the engine's own log. */
export type EngineMessage = { kind: 'note'; text: string } | { kind: 'log'; text: string };

/**
 * An event of an engine that plays cases. Each case has three events: `started` before the connection is opened, `ended`
 * after the connection has ended, `recorded` when the facts are known. The embedded engine records a case as soon as the
 * case ends. The real suite records all cases at the end of its container.
 */
export type PlayEvent =
  | EngineMessage
  | { kind: 'started'; id: string }
  | { kind: 'ended'; id: string }
  | {
      kind: 'recorded';
      record: CaseRecord;
      /** Set if a later record may replace this record, because a timer decided while other cases were running. */
      provisional?: true;
    }
  | { kind: 'facts'; facts: Partial<EngineFacts> };

/** How the engine and the subject get a connection. */
export type Reach =
  /** The subject is a server: the engine connects to `url` (`ws://host:port/path`, a literal address). */
  | { by: 'connecting'; url: string; handshake: HandshakeOptions }
  /** The subject is a client: the engine opens a port and calls `listening` once with the URL. The client connects to this URL. */
  | {
      by: 'listening';
      listening(url: string): void;
      /** Resolves when the process of the client has ended, so that no further connection is possible. */
      subjectEnded: Promise<unknown>;
    };

/** The user's options for playing cases. The command line passes them to the engine unchanged. */
export interface PlayOptions {
  /** Number of cases (embedded engine) or containers (real suite) at the same time. Default: the engine's own choice. */
  jobs?: number;
  /** Whether each case starts only after the case before has ended. The real suite always does this within a container. */
  oneByOne?: boolean;
  /** Seconds that all cases may take together. */
  timeoutSeconds?: number;
}

/** The cases to play against one subject, and the way to reach the subject. */
export interface Assignment extends PlayOptions {
  /** Exact case ids in the order of the suite, never empty. */
  cases: readonly string[];
  /** Name of the subject: the agent in `index.json`. */
  agent: string;
  reach: Reach;
  /** If aborted, the engine ends everything that it started, and the stream throws the signal's reason. */
  signal: AbortSignal;
}

/** The signal and the listener that an engine gets while it prepares. */
export interface Preparation {
  signal: AbortSignal;
  onMessage(message: EngineMessage): void;
}

/** An engine that is ready to play cases. */
export interface PreparedEngine {
  facts: EngineFacts;
  /** Whether a case is recorded as soon as it ends, and not only when all cases have ended. */
  recordsLive: boolean;
  /**
   * Plays the cases and yields an event for each step. An engine compares nothing with expectations. The stream throws
   * HarnessError if the cases cannot be played (container killed, server unreachable). Earlier events stay valid.
   */
  play(assignment: Assignment): AsyncIterable<PlayEvent>;
}

/** A program that plays cases. All engines of a suite make the same records, so that no later stage depends on the engine. */
export interface Engine {
  /**
   * Finds the facts about the engine without changing anything: no image is pulled, no container of an earlier run is removed.
   * @throws HarnessError with exit code 3 if the engine cannot run here.
   */
  inspect(preparation: Preparation): Promise<EngineFacts>;
  /** Makes the engine ready. @throws HarnessError with exit code 3 if the engine cannot run here; within 5 s if no Docker daemon answers. */
  prepare(preparation: Preparation): Promise<PreparedEngine>;
}

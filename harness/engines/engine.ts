import type { EngineFacts } from '../../reports/document/report.ts';
import type { HandshakeOptions } from '../subject/handshake-options.ts';

/**
 * The record of one case that an engine has played. A result folder contains the same data: one file for each case, and
 * `index.json`.
 */
export interface CaseRecord {
  /** Id of the case. */
  id: string;
  /** Name of the case file, without a path. */
  file: string;
  /**
   * Content of the case file. Absent if the engine's index (`index.json`) lists the case, but the file does not exist.
   */
  text?: string;
  /**
   * Entry of the case in `index.json`. Absent if the case has a file, but the engine's index does not list the case.
   */
  entry?: Readonly<Record<string, unknown>>;
}

/** A line for the user, or a line of the engine's own log. */
export type EngineMessage = { kind: 'note'; text: string } | { kind: 'log'; text: string };

/**
 * An event that an engine reports while it plays cases. Each case has three events: `started` before the connection is
 * opened, `ended` after the connection has ended, `recorded` when the result is known. The embedded engine records a
 * case as soon as the case ends. The real suite (Autobahn in a container) records all cases when its container ends.
 */
export type PlayEvent =
  | EngineMessage
  | { kind: 'started'; id: string }
  | { kind: 'ended'; id: string }
  | {
      kind: 'recorded';
      record: CaseRecord;
      /**
       * Set if the case may be played again and a later record may replace this record. The reason: a timer decided the
       * outcome while other cases were running, and the load may have delayed the server.
       */
      provisional?: true;
    }
  | { kind: 'facts'; facts: Partial<EngineFacts> };

/** How the engine and the subject (the tested program) get a connection. */
export type Reach =
  /**
   * The subject (the tested program) is a server: the engine connects to `url` (`ws://host:port/path`). The host is an
   * IP address, not a name.
   */
  | { by: 'connecting'; url: string; handshake: HandshakeOptions }
  /**
   * The subject (the tested program) is a client: the engine opens a port and calls `listening` once with the URL. Then
   * the client connects to this URL.
   */
  | {
      by: 'listening';
      listening(url: string): void;
      /** Resolves when the process of the client has ended. After that, no further connection is possible. */
      subjectEnded: Promise<unknown>;
    };

/** The user's options for playing cases. The command line passes them to the engine unchanged. */
export interface PlayOptions {
  /**
   * Number of cases (embedded engine) or containers (real suite) at the same time. Default: the engine's own choice.
   */
  jobs?: number;
  /**
   * Whether each case starts only after the previous case has ended. Within one container, the real suite always works
   * like this.
   */
  oneByOne?: boolean;
  /** Seconds that all cases may take together. */
  timeoutSeconds?: number;
}

/** The cases to play against one subject (the tested program), and the way to reach the subject. */
export interface Assignment extends PlayOptions {
  /** Exact case ids in the order of the suite, never empty. */
  cases: readonly string[];
  /** Name of the subject (the tested program) in `index.json`, where it is called the agent. */
  agent: string;
  reach: Reach;
  /**
   * When this signal aborts, the engine ends everything that it started, and the stream of events throws the signal's
   * reason.
   */
  signal: AbortSignal;
}

/** The signal and the message listener that an engine gets while it is being prepared. */
export interface Preparation {
  signal: AbortSignal;
  onMessage(message: EngineMessage): void;
}

/** An engine that is ready to play cases. */
export interface PreparedEngine {
  facts: EngineFacts;
  /** Whether the engine yields the record of a case as soon as the case ends. If false, all records come at the end. */
  recordsLive: boolean;
  /**
   * Plays the cases and yields events about them. An engine does not compare results with expectations. The stream
   * throws HarnessError if the cases cannot be played (container killed, server unreachable). The events before the
   * error stay valid.
   */
  play(assignment: Assignment): AsyncIterable<PlayEvent>;
}

/**
 * A program that plays cases. All engines make records of the same form, so the later stages of a run need not know
 * which engine was used.
 */
export interface Engine {
  /**
   * Finds the engine's version and similar facts for the report, without changing anything: no image is pulled, no
   * container of an earlier run is removed.
   * @throws HarnessError with exit code 3 if the engine cannot run here.
   */
  inspect(preparation: Preparation): Promise<EngineFacts>;
  /**
   * Makes the engine ready to play cases.
   * @throws HarnessError with exit code 3 if the engine cannot run here. If no Docker daemon answers, the error comes
   * within 5 s.
   */
  prepare(preparation: Preparation): Promise<PreparedEngine>;
}

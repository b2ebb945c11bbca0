import type { EngineFacts, Problem } from '../../reports/document/report.ts';
import type { ServerConfig } from '../config/config.ts';
import type { PlayEvent } from '../engines/engine.ts';
import type { Suite } from '../plan/suite.ts';
import type { Batch } from './play-batch.ts';

/** What to play against one subject. */
export interface SubjectRunOptions {
  suite: Suite;
  server: ServerConfig;
  /** Played one after the other. The next batch is asked for only when the one before has ended. */
  batches: Iterable<Batch>;
  /** File for the subject's own output. */
  log: string;
  /** PEM of the certificate authorities that the subject's certificate must be from. */
  ca?: string;
  /** Seconds without an event after which the subject is asked whether it still answers. */
  patienceSeconds: number;
  /** Seconds after which the whole run against this subject counts as hung. */
  timeoutSeconds?: number;
  onEvent(event: PlayEvent): void;
}

/** How a run against one subject went, apart from the recorded results. */
export interface SubjectRun {
  /** Address of the server, or the address that the client was given. */
  url: string;
  /** The command that started the subject; absent if the subject was running already. */
  command?: string;
  /** Reasons why results may be missing or wrong; empty if everything went well. */
  problems: Problem[];
  /** Case id → the first lines that the subject printed while the case was in flight. */
  output: ReadonlyMap<string, readonly string[]>;
  /** What the engine found out during the run. */
  facts: Partial<EngineFacts>;
  /** When the results were recorded, in milliseconds since 1970. */
  recorded: { from: number; to: number };
}

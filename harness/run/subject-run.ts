import type { EngineFacts, Problem } from '../../reports/document/report.ts';
import type { ServerConfig } from '../config/config.ts';
import type { PlayEvent } from '../engines/engine.ts';
import type { Suite } from '../plan/suite.ts';
import type { Batch } from './play-batch.ts';

/** The batches (lists of cases) to play against one subject, the tested server or client, and the time limits. */
export interface SubjectRunOptions {
  suite: Suite;
  server: ServerConfig;
  /** The batches are played one after the other. Each batch is requested when the batch before has ended. */
  batches: Iterable<Batch>;
  /** File that receives everything that the tested program prints. */
  log: string;
  /** Certificates in PEM format of the authorities that must have signed the certificate of the tested server. */
  ca?: string;
  /** Seconds without progress after which a server is asked whether it still answers, or a client is ended. */
  patienceSeconds: number;
  /** Seconds that all batches (lists of cases) may take together. */
  timeoutSeconds?: number;
  onEvent(event: PlayEvent): void;
}

/**
 * Seconds that remain of the time for all batches, at least 1. Undefined if the time has no limit.
 * @param started time of `performance.now()` at the start of the first batch.
 */
export function secondsLeft(timeoutSeconds: number | undefined, started: number): number | undefined {
  if (timeoutSeconds === undefined) return undefined;
  return Math.max(1, Math.ceil(timeoutSeconds - (performance.now() - started) / 1000));
}

/** What a run against one subject (the tested server or client) found out, besides the recorded results. */
export interface SubjectRun {
  /** Address of the tested server, or the address to which the tested client connects. */
  url: string;
  /** Command that started the tested program; absent if the program was already running. */
  command?: string;
  /** Reasons why results may be missing or wrong. */
  problems: Problem[];
  /** Case id → the first lines that the tested program printed during the case. */
  output: ReadonlyMap<string, readonly string[]>;
  /** Facts that the engine found out during the run. */
  facts: Partial<EngineFacts>;
  /** Time span in which the results were recorded, in milliseconds since 1970. */
  recorded: { from: number; to: number };
}

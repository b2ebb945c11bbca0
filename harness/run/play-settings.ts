import type { ServerConfig } from '../config/config.ts';
import type { PlayEvent, PlayOptions } from '../engines/engine.ts';
import type { EarlierRun } from './resume.ts';

/** The servers of a run, and how their cases are played. */
export interface PlaySettings {
  servers: readonly ServerConfig[];
  /** Passed to the engine unchanged. */
  playOptions: PlayOptions;
  /** Seconds without progress after which the server is asked whether it still answers. */
  patienceSeconds: number;
  /** The run that `--resume` continues. Its results are kept, and only the other cases are played. */
  earlierRun?: EarlierRun | undefined;
  /** How many times a case with an unexpected outcome is repeated at most. Undefined: never. */
  retries?: number | undefined;
  /** Number of unexpected outcomes at which the run ends. Undefined: no limit. */
  bail?: number | undefined;
  /** Whether the grade NON-STRICT, which Autobahn tolerates, counts as unexpected. */
  strict: boolean;
  /** Called before a server is started, with the cases that will be played. */
  onServer(server: ServerConfig, cases: readonly string[]): void;
  onEvent(event: PlayEvent): void;
}

import type { Exit } from '../system/process.ts';

/** A running server that is tested. Either this tool started it (`launch`), or it was already running (`attach`). */
export interface Target {
  /** WebSocket URL of the server. */
  url: string;
  /** The command as the user would type it; absent if we did not start the server. */
  command?: string;
  /** Pid of the process that we started; absent if we did not start the server. */
  pid?: number;
  /** Last lines of the server's stdout and stderr. */
  tail(): string[];
  /** Calls a listener with every line that the server prints from now on. */
  onLine(listener: (line: string) => void): void;
  /** How the server ended; undefined while it runs. Always undefined for a server that we did not start. */
  exit(): Exit | undefined;
  /** Resolves when the server ends. Never resolves for a server that we did not start. */
  ended: Promise<Exit>;
  /**
   * Whether the process that listens now is the same process as at the beginning of the run. True if the operating
   * system cannot tell.
   */
  isTheSame(): boolean;
  /** Ends the server and all processes that it started. Does nothing for a server that we did not start. */
  end(): Promise<void>;
}

import type { ServerConfig } from '../config/config.ts';
import { HarnessError } from '../support/harness-error.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { type Exit, startProcess } from '../system/process.ts';
import type { Workspace } from '../system/workspace.ts';

/** A client under test, as a running process. */
export interface RunningClient {
  pid?: number;
  /** Last lines of the stdout and stderr of the client. */
  tail(): string[];
  /** Calls `listener` for every line that the client prints from now on. */
  onLine(listener: (line: string) => void): void;
  /** How the client ended; undefined while it runs. */
  exit(): Exit | undefined;
  ended: Promise<Exit>;
  /** Ends the client and all processes that it started: sends SIGTERM, and SIGKILL after two seconds. */
  end(): Promise<void>;
}

/**
 * Starts a client that connects to `url`. In the command and in environment values, `{url}` is replaced by the URL.
 * @param log file for the client's output.
 * @throws HarnessError with exit code 2 if there is no command, or if neither the command nor the environment contains
 * `{url}`.
 */
export async function launchClient(
  { name, command, cwd, env }: Pick<ServerConfig, 'name' | 'command' | 'cwd' | 'env'>,
  url: string,
  workspace: Workspace,
  log: string,
): Promise<RunningClient> {
  if (command === undefined || ![...command, ...Object.values(env)].some((word) => word.includes('{url}'))) {
    throw new HarnessError(2, {
      what: 'The command of the client does not say where the client gets its URL.',
      where: command?.join(' ') ?? name,
      why: 'A client connects to us, so it must be started with our URL.',
      todo: 'Put {url} where the command takes the URL, for example: -- node client.js {url}',
    });
  }
  const filled = (text: string) => text.replaceAll('{url}', url);
  const { pid, output, exit, ended, end } = startProcess(
    {
      command: command.map(filled),
      cwd,
      env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, filled(value)])),
    },
    workspace,
    log,
  );
  return {
    ...omitUndefined({ pid }),
    tail: () => output.tail(),
    onLine: (listener) => output.onLine(listener),
    exit,
    ended,
    end,
  };
}

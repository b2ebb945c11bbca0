import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { errorMessage } from '../support/error-message.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { Output } from './output.ts';
import { groupMembers } from './process-table.ts';
import { killGroup, type Workspace } from './workspace.ts';

/** How a process ended. Exit code and signal are both null if the process could not be started. */
export interface Exit {
  code: number | null;
  signal: string | null;
  /** The error of the system, if the process could not be started. */
  error?: unknown;
}

/** A program to start. */
interface ProcessSpec {
  /** The program and its arguments. */
  command: readonly string[];
  cwd?: string;
  /** Variables in addition to our own environment. */
  env?: Readonly<Record<string, string>>;
}

/** A process that we started, together with all processes that it starts. */
export interface RunningProcess {
  /** Undefined if the process could not be started. */
  pid: number | undefined;
  output: Output;
  /** How the process ended; undefined while it runs. */
  exit(): Exit | undefined;
  /** Resolves when the process has ended and its output has been read. Never rejects. */
  ended: Promise<Exit>;
  /**
   * Ends the whole process group: sends SIGTERM, and two seconds later SIGKILL. Afterwards no process of the group is
   * left.
   */
  end(): Promise<void>;
}

const POLL_MS = 10;
/** Milliseconds that a process has to end after SIGTERM. */
const TERM_MS = 2000;
/**
 * Milliseconds that a process has to end after SIGKILL. A process in an uninterruptible system call ends later, and
 * this tool does not wait for it.
 */
const KILL_MS = 1000;

/**
 * Starts a program in a new process group. Ending the group also ends the processes that the program starts. If the
 * program cannot be started, nothing is thrown: `ended` resolves immediately with the error.
 * @param log file that takes stdout and stderr, up to the limits of the class `Output`.
 */
export function startProcess(spec: ProcessSpec, workspace: Workspace, log: string): RunningProcess {
  const { command, cwd, env } = spec;
  const [file = '', ...args] = command;
  const output = new Output(log);
  const subprocess = execa(file, args, {
    ...omitUndefined({ cwd, env }),
    // Creates a new process group. Execa itself could end only the process that it started, not the processes that this
    // process starts.
    detached: true,
    stdin: 'ignore',
    // The class Output limits what is kept. It reads everything, because a full pipe would block the process.
    buffer: false,
    reject: false,
  });
  const { pid, stdout, stderr } = subprocess;
  if (pid !== undefined) workspace.own(pid);
  output.follow(stdout);
  output.follow(stderr);
  let exit: Exit | undefined;
  return {
    pid,
    output,
    exit: () => exit,
    ended: subprocess.then(({ exitCode, signal, cause }) => {
      exit = { code: exitCode ?? null, signal: signal ?? null };
      if (exitCode === undefined && signal === undefined) exit.error = startError(cause, cwd);
      return exit;
    }),
    end: async () => {
      if (pid !== undefined) await endGroup(pid);
      stdout.destroy();
      stderr.destroy();
      await output.close();
    },
  };
}

/** Ends a process group and waits until it is gone: SIGTERM, then SIGKILL. */
async function endGroup(group: number): Promise<void> {
  killGroup(group, 'SIGTERM');
  // A stopped (suspended) process receives SIGTERM only after SIGCONT continues it.
  killGroup(group, 'SIGCONT');
  await groupGone(group, TERM_MS);
  killGroup(group, 'SIGKILL');
  // A killed process keeps its port for a moment, and the caller may want to use that port next.
  await groupGone(group, KILL_MS);
}

/** Waits until a process group is gone, or until the time is over. */
async function groupGone(group: number, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (isGroupAlive(group) && performance.now() < deadline) await sleep(POLL_MS);
}

function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  // The signal can also reach a zombie (an ended process whose entry still exists). Only Linux tells zombies from
  // living processes, and only if we look at all processes.
  return process.platform !== 'linux' || groupMembers(group).length > 0;
}

/**
 * Returns how a process ended as one sentence: "It ended with exit code 1.", "It was ended by SIGKILL.", "It could not
 * be started: …".
 */
export function describeExit({ code, signal, error }: Exit): string {
  if (signal !== null) return `It was ended by ${signal}.`;
  return code === null ? `It could not be started: ${startProblem(error)}.` : `It ended with exit code ${code}.`;
}

/** The usual errors of starting a program, by error code, in words. */
const START_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such program (ENOENT)',
  EACCES: 'the file is not a program, or must not be executed (EACCES)',
  E2BIG: 'an argument is longer than the system allows (E2BIG)',
  ERR_INVALID_ARG_VALUE: 'the name of the program is empty',
};

/** Returns an error of starting a program in words. For an unusual error, returns the words of the system. */
function startProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return START_PROBLEMS[code] ?? errorMessage(error);
}

/**
 * Returns the error of starting a program. The system reports ENOENT both for a missing program and for a missing
 * folder, so this function checks whether the folder exists.
 */
function startError(error: unknown, cwd: string | undefined): unknown {
  return cwd === undefined || existsSync(cwd) ? error : new Error(`the folder ${cwd} does not exist`);
}

import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Output } from './output.ts';
import { groupMembers } from './process-table.ts';
import { killGroup, type Workspace } from './workspace.ts';

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: string | null;
  /** What the system said, where it never began. */
  error?: unknown;
}

/** What to start: argv, where, and the variables it has beside our own. */
interface Order {
  command: readonly string[];
  cwd?: string;
  env?: Readonly<Record<string, string>>;
}

/** A process that we started, with all that it starts in turn. */
export interface RunningProcess {
  /** Absent when there is no such program. */
  pid: number | undefined;
  output: Output;
  /** How it ended, if it has. */
  exit(): Exit | undefined;
  ended: Promise<Exit>;
  /** Ends it and everything it started: SIGTERM, two seconds, SIGKILL. Nothing of it lives afterwards. */
  end(): Promise<void>;
}

const POLL_MS = 10;
const TERM_MS = 2000;
/** A process that the kernel holds in a system call outlives SIGKILL; we do not wait for ever. */
const KILL_MS = 1000;

/**
 * Starts a program in a process group of its own, so that what it starts in turn can be ended with it.
 * @param log file that takes its output.
 */
export function startProcess(order: Order, workspace: Workspace, log: string): RunningProcess {
  const output = new Output(log);
  const { child, error } = spawned(order);
  const pid = child?.pid;
  if (pid !== undefined) workspace.own(pid);
  if (child?.stdout) output.follow(child.stdout);
  if (child?.stderr) output.follow(child.stderr);
  let exit: Exit | undefined;
  return {
    pid,
    output,
    exit: () => exit,
    ended: endOf(child, error).then((how) => {
      exit = how;
      return how;
    }),
    end: async () => {
      if (pid !== undefined) await endGroup(pid);
      child?.stdout?.destroy();
      child?.stderr?.destroy();
      await output.close();
    },
  };
}

/**
 * Node's own `spawn`: all that execa does beyond it we would have to switch off, and its 106 modules are a tenth of a
 * second at the start of every run. Node throws at once for some orders, as for an argument that is too long.
 */
function spawned({ command: [file = '', ...args], cwd, env }: Order): { child?: ChildProcess; error?: unknown } {
  try {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    return { child };
  } catch (error) {
    return { error };
  }
}

/** How a process ends, once all that it printed has been read; neither code nor signal where it never began. */
function endOf(child: ChildProcess | undefined, thrown: unknown): Promise<Exit> {
  return new Promise((resolve) => {
    if (child === undefined) resolve({ code: null, signal: null, error: thrown });
    child?.once('error', (error) => resolve({ code: null, signal: null, error }));
    child?.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** Ends a process group: asks, waits, insists, and sees it gone. */
async function endGroup(group: number): Promise<void> {
  killGroup(group, 'SIGTERM');
  // A stopped process gets no other signal before it is continued.
  killGroup(group, 'SIGCONT');
  await gone(group, TERM_MS);
  killGroup(group, 'SIGKILL');
  // A killed process still holds its port for a moment: whoever is told of its end may want that port.
  await gone(group, KILL_MS);
}

/** Waits until nothing of a process group lives, but not longer than it is given. */
async function gone(group: number, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (isAlive(group) && performance.now() < deadline) await sleep(POLL_MS);
}

function isAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  // A zombie can be signalled too; only Linux tells it from the living, and only by going through all processes.
  return process.platform !== 'linux' || groupMembers(group).length > 0;
}

/** "It ended with exit code 1.", "It was ended by SIGKILL." */
export function describeExit({ code, signal, error }: Exit): string {
  if (signal !== null) return `It was ended by ${signal}.`;
  return code === null ? `It could not be started: ${whyNot(error)}.` : `It ended with exit code ${code}.`;
}

/** The usual reasons in words. */
const WHY_NOT: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such program (ENOENT)',
  EACCES: 'it is no program, or may not be executed (EACCES)',
  E2BIG: 'an argument is longer than the system takes (E2BIG)',
  ERR_INVALID_ARG_VALUE: 'the name of the program is empty',
};

/** Whatever else it was in the system's own words. */
function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return ('code' in error ? WHY_NOT[String(error.code)] : undefined) ?? error.message;
}

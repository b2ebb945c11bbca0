import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { Output } from './output.ts';
import { probe, type Readiness } from './probe.ts';
import { groupMembers, listenersOn, type ProcessFacts } from './procfs.ts';
import { Trouble } from './trouble.ts';
import { killGroup, type Workspace } from './workspace.ts';

/** A server to start. */
export interface Launch {
  /** argv; `{port}` in it is replaced by a free port. */
  command: readonly string[];
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  /** Path of the WebSocket endpoint, when the server does not say it itself. */
  path: string;
  ready?: Readiness;
  readySeconds: number;
}

/** How a target's process ended. */
export interface Exit {
  code: number | null;
  signal: string | null;
}

/** A running server under test. */
export interface Target {
  url: string;
  /** As the user would type it; absent when we did not start it. */
  command?: string;
  /** Of the process we started. */
  pid?: number;
  /** Last lines of its stdout and stderr. */
  tail(): string[];
  /** Calls back for every line it prints from now on. */
  onLine(listener: (line: string) => void): void;
  /** How it ended, if it has. */
  exit(): Exit | undefined;
  /** Resolves when it ends; never for a target we did not start. */
  ended: Promise<Exit>;
  /** Whether the process that listens is still the one that did when the run began; true where that cannot be told. */
  isTheSame(): boolean;
  /** Ends it and everything it started: SIGTERM, two seconds, SIGKILL. Nothing of it lives afterwards. */
  end(): Promise<void>;
}

const POLL_MS = 50;
const PROBE_MS = 2000;
const TERM_MS = 2000;
/** A process that the kernel holds in a system call outlives SIGKILL; we do not wait for ever. */
const KILL_MS = 1000;

/** A server that is already running. @throws Trouble (3) when nothing at the address answers the opening handshake. */
export async function attach(url: string, ready?: Readiness): Promise<Target> {
  const answer = await probe(url, 5 * PROBE_MS, ready);
  if (answer !== 'open') {
    throw new Trouble(3, {
      what: `No WebSocket server answers at ${url}.`,
      why: answer.why,
      todo: 'Start it first, check address and path, or let us start it: ws-conformance -- COMMAND … {port}.',
    });
  }
  return {
    url,
    tail: () => [],
    onLine: () => {},
    exit: () => undefined,
    ended: new Promise(() => {}),
    isTheSame: () => true,
    end: async () => {},
  };
}

/** How often another port is tried when somebody else was quicker to take the one we found free. */
const PORT_TRIES = 5;

/**
 * Starts a server and waits until it speaks; see `launchOnce`. Between our finding a port free and the server taking
 * it, another process may: then it is started again with another one.
 */
export async function launch(spec: Launch, workspace: Workspace, log: string, signal: AbortSignal): Promise<Target> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launchOnce(spec, workspace, log, signal);
    } catch (error) {
      if (attempt === PORT_TRIES || !takesPort(spec) || !lostThePort(error)) throw error;
    }
  }
}

const takesPort = (spec: Launch) => spec.command.some((part) => part.includes('{port}'));

/** Whether a server's last words were that its port is taken; every language has its own for it. */
function lostThePort(error: unknown): boolean {
  return (
    error instanceof Trouble &&
    (error.problem.tail ?? []).some((line) => /EADDRINUSE|address (is )?already in use|bind failed/i.test(line))
  );
}

/**
 * Starts a server in a process group of its own and waits until it speaks: it prints a line `listening ws://…`, or
 * it answers an opening handshake on the port it was given. We wait for a word, never for a clock.
 * @param log file that takes its output.
 * @throws Trouble (3) when it cannot be started, ends before it speaks, or stays silent; with its last lines.
 */
async function launchOnce(spec: Launch, workspace: Workspace, log: string, signal: AbortSignal): Promise<Target> {
  const port = await freePort();
  signal.throwIfAborted();
  const [file, ...args] = spec.command.map((part) => part.replaceAll('{port}', String(port)));
  const command = spec.command.join(' ');
  if (file === undefined)
    throw new Trouble(2, { what: 'There is no command to start the server with.', todo: 'Write it behind "--".' });

  const output = new Output(log);
  const child = execa(file, args, {
    // Its own process group, so that what it starts in turn can be ended with it.
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    stdin: 'ignore',
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    env: { ...spec.env, PORT: String(port) },
  });
  const { pid } = child;
  if (pid !== undefined) workspace.own(pid);
  if (child.stdout) output.follow(child.stdout);
  if (child.stderr) output.follow(child.stderr);

  let exit: Exit | undefined;
  const ended = child.then((result): Exit => {
    exit = { code: result.exitCode ?? null, signal: result.signal ?? null };
    return exit;
  });
  const end = async () => {
    if (pid !== undefined) await endGroup(pid);
    child.stdout?.destroy();
    child.stderr?.destroy();
    await output.close();
  };

  const said = new Promise<string>((resolve) => {
    output.onLine((line) => {
      const url = /\blistening (wss?:\/\/\S+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  const waiting = new AbortController();
  try {
    const url = await Promise.race([
      said,
      takesPort(spec) ? answering(`ws://127.0.0.1:${port}${spec.path}`, spec.ready, waiting.signal) : never(),
      ended.then((how) => Promise.reject(diedEarly(command, how, output))),
      sleep(spec.readySeconds * 1000, undefined, { signal: waiting.signal }).then(() =>
        Promise.reject(neverReady(command, spec, output)),
      ),
      aborted(signal, waiting.signal),
    ]);
    const listeners = listenersAt(url, pid === undefined ? [] : [pid]);
    if (pid !== undefined && listeners.length > 0 && !listeners.some(({ group }) => group === pid)) {
      throw foreignListener(command, url, listeners);
    }
    return {
      url,
      command,
      ...(pid === undefined ? {} : { pid }),
      tail: () => output.tail(),
      onLine: (listener) => output.onLine(listener),
      exit: () => exit,
      ended,
      isTheSame: () =>
        sameListeners(
          listeners,
          listenersAt(
            url,
            listeners.map((one) => one.pid),
          ),
        ),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  } finally {
    waiting.abort();
  }
}

/** Polls until the opening handshake is answered. */
async function answering(url: string, ready: Readiness | undefined, signal: AbortSignal): Promise<string> {
  while (!signal.aborted) {
    if ((await probe(url, PROBE_MS, ready)) === 'open') return url;
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
  return never();
}

const never = () => new Promise<never>(() => {});

function aborted(signal: AbortSignal, until: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: until });
  });
}

/** A port that is free now. Another process may take it before the server does: then the server fails to start, and says so. */
async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
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
  while (isAlive(group) && performance.now() < deadline) await sleep(POLL_MS / 5);
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

const listenersAt = (url: string, likely: readonly number[]) => listenersOn(Number(new URL(url).port), likely);

/** Empty lists say nothing: the port may be another network namespace's, or its owner another user. */
function sameListeners(before: readonly ProcessFacts[], now: readonly ProcessFacts[]): boolean {
  if (before.length === 0 || now.length === 0) return true;
  return now.some((one) => before.some((other) => other.pid === one.pid && other.started === one.started));
}

function diedEarly(command: string, how: Exit, output: Output): Trouble {
  return new Trouble(3, {
    what: 'The server ended before it was ready.',
    where: command,
    why: describeExit(how),
    todo: 'Its last lines are below. Does the command start the server when you type it yourself?',
    tail: output.tail(),
  });
}

function neverReady(command: string, spec: Launch, output: Output): Trouble {
  return new Trouble(3, {
    what: `The server did not become ready within ${spec.readySeconds} s.`,
    where: command,
    why: `It printed no line "listening ws://…" and answered no opening handshake on the port it was given (path ${spec.path}).`,
    todo: 'Put {port} where the command takes its port, check --path, or give it more time: --ready-timeout SECONDS.',
    tail: output.tail(),
  });
}

function foreignListener(command: string, url: string, listeners: readonly ProcessFacts[]): Trouble {
  const owners = listeners.map((facts) => facts.pid);
  return new Trouble(3, {
    what: `Another process answers at ${url}, not the server that was started.`,
    where: command,
    why: `The port belongs to process ${owners.join(', ')}: an older server may still be running.`,
    todo: 'End that process, or let the command take its port from {port}.',
  });
}

/** "exit code 1", "signal SIGKILL". */
export function describeExit({ code, signal }: Exit): string {
  if (signal !== null) return `It was ended by ${signal}.`;
  return code === null ? 'It could not be started.' : `It ended with exit code ${code}.`;
}

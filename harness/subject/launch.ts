import { setTimeout as sleep } from 'node:timers/promises';
import type { Readiness } from '../config/config-schema.ts';
import { HarnessError } from '../support/harness-error.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { type Output, pointTo } from '../system/output.ts';
import { describeExit, type Exit, startProcess } from '../system/process.ts';
import { type Listener, listenersOn, type ProcessFacts, stillListens } from '../system/process-table.ts';
import type { Workspace } from '../system/workspace.ts';
import { addressOf, urlOf } from './address.ts';
import type { HandshakeOptions } from './handshake-options.ts';
import { freePort, refuseTakenPort } from './ports.ts';
import type { ProbeKind } from './probe.ts';
import { probeKindOf, READY_SECONDS, readyLine, readyProbe } from './readiness.ts';
import type { Target } from './target.ts';

/** A server to start. */
export interface Launch {
  /** The program and its arguments. Each `{port}` is replaced by the port. */
  command: readonly string[];
  cwd?: string;
  /** Variables in addition to our environment. Each `{port}` in a value is replaced by the port. */
  env?: Readonly<Record<string, string>>;
  /** Name or IP address at which the server listens; default 127.0.0.1. */
  host?: string;
  /**
   * The fixed port of a server that cannot be told which port to use. Without this value, the tool chooses a free port.
   */
  port?: number;
  /** Whether the server speaks TLS. */
  tls?: boolean;
  /** Path of the WebSocket endpoint, unless the server prints its URL. */
  path: string;
  ready?: Readiness;
  readySeconds?: number;
  /**
   * Subprotocols, origin and further header fields for the opening handshake with which the tool asks whether the
   * server is ready.
   */
  handshake?: HandshakeOptions;
}

/**
 * Maximum number of ports that are tried. A second port is needed if another process takes the first port before the
 * server listens.
 */
const MAX_ATTEMPTS = 5;

/**
 * Starts a server in its own process group and waits until the server is ready. A server is ready when it prints a line
 * `listening ws://…`, or when it gives the sign that `ready` describes: a certain line, or an answer to a probe (a
 * short test connection).
 * @param log file for the output of the server.
 * @throws HarnessError with exit code 3 and the last lines of output if the server cannot be started, ends, or does not
 * become ready in time. No process of the server is left then.
 */
export async function launch(spec: Launch, workspace: Workspace, log: string, signal: AbortSignal): Promise<Target> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launchOnce(spec, workspace, log, signal);
    } catch (error) {
      // Another process may take the port after it was found free and before the server listens.
      const canRetry = spec.port === undefined && usesPort(spec) && attempt < MAX_ATTEMPTS;
      if (!canRetry || !isPortTaken(error)) throw error;
    }
  }
}

/** Whether the command or the environment of a server contains `{port}`. */
const usesPort = ({ command, env = {} }: Launch) =>
  [...command, ...Object.values(env)].some((part) => part.includes('{port}'));

/**
 * Whether the server's last lines of output say that its port is taken. Each programming language has its own words for
 * this error.
 */
function isPortTaken(error: unknown): boolean {
  return (
    error instanceof HarnessError &&
    (error.problem.tail ?? []).some((line) => /EADDRINUSE|address (is )?already in use|bind failed/i.test(line))
  );
}

/**
 * Makes one attempt to start a server, on one port. If another process takes the port first, the function `launch`
 * makes the next attempt.
 */
async function launchOnce(spec: Launch, workspace: Workspace, log: string, signal: AbortSignal): Promise<Target> {
  const { host = '127.0.0.1', ready, cwd } = spec;
  const command = spec.command.join(' ');
  const port = spec.port ?? (await freePort(host));
  if (spec.port !== undefined) await refuseTakenPort(command, host, port);
  signal.throwIfAborted();
  const expectedUrl = urlOf({ host, port, secure: spec.tls ?? false }, spec.path);
  const withPort = (text: string) => text.replaceAll('{port}', String(port));
  const env = Object.fromEntries(Object.entries(spec.env ?? {}).map(([name, value]) => [name, withPort(value)]));
  const server = startProcess(
    { command: spec.command.map(withPort), env: { PORT: String(port), ...env }, ...omitUndefined({ cwd }) },
    workspace,
    log,
  );
  const { pid, output, ended } = server;
  const areForeign = (listeners: readonly Listener[]) =>
    listeners.length > 0 && !listeners.some(({ group }) => group === pid);
  /**
   * Whether a process that does not belong to the server listens at the expected URL. Only possible if the server was
   * not told its port.
   */
  const isForeign = () => !usesPort(spec) && spec.port === undefined && areForeign(listenersAt(expectedUrl, pid));
  const waiting = new AbortController();
  let lastMiss: string | undefined;
  const signs = [readyLine(output, expectedUrl, ready)];
  if (typeof ready !== 'object') {
    const onMiss = (why: string) => {
      lastMiss = why;
    };
    signs.push(readyProbe(expectedUrl, spec, isForeign, waiting.signal, onMiss));
  }
  try {
    const url = await Promise.race([
      ...signs,
      ended.then((exit) => Promise.reject(endedEarly(spec.command, exit, output))),
      sleep((spec.readySeconds ?? READY_SECONDS) * 1000, undefined, { signal: waiting.signal }).then(() =>
        Promise.reject(neverReady(spec, expectedUrl, output, lastMiss)),
      ),
      rejectOnAbort(signal, waiting.signal),
    ]);
    const listeners = listenersAt(url, pid);
    if (areForeign(listeners)) throw foreignListener(command, url, listeners);
    return {
      url,
      command,
      ...omitUndefined({ pid }),
      tail: () => output.tail(),
      onLine: (listener) => output.onLine(listener),
      exit: server.exit,
      ended,
      isTheSame: () => listeners.some(stillListens) || isSameProcess(listeners, url),
      end: server.end,
    };
  } catch (error) {
    await server.end();
    throw error;
  } finally {
    waiting.abort();
  }
}

/**
 * Rejects with the reason of a signal when the signal aborts.
 * @param until a second signal. If it aborts first, the promise never settles.
 */
function rejectOnAbort(signal: AbortSignal, until: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: until });
  });
}

/**
 * Returns the processes that listen at a URL.
 * @param likely pids that probably listen there; they make the search fast.
 */
const listenersAt = (url: string, ...likely: readonly (number | undefined)[]) =>
  listenersOn(
    addressOf(url).port,
    likely.filter((pid) => pid !== undefined),
  );

/**
 * Whether one of the processes that listened at a URL when the run began still listens there. Also true if no process
 * was found at the beginning, because nothing can be compared then: the port may be in another network namespace, or
 * belong to another user.
 */
function isSameProcess(before: readonly ProcessFacts[], url: string): boolean {
  if (before.length === 0) return true;
  const now = listenersAt(url, ...before.map(({ pid }) => pid));
  return now.some(({ pid, started }) => before.some((process) => process.pid === pid && process.started === started));
}

function endedEarly(argv: readonly string[], exit: Exit, output: Output): HarnessError {
  const command = argv.join(' ');
  const isOneWord = exit.error !== undefined && argv.length === 1 && /\s/.test(command);
  return new HarnessError(3, {
    what: 'The server ended before it was ready.',
    where: command,
    why: describeExit(exit),
    todo: isOneWord
      ? `The whole command was taken for the name of a program. Leave out the quotes: -- ${command}`
      : `${pointTo(output.tail())}Does the command start the server when you type it yourself?`,
    tail: output.tail(),
  });
}

/**
 * Makes the error for a server that did not become ready in time.
 * @param lastMiss why the last probe failed, if there was a probe.
 */
function neverReady(spec: Launch, url: string, output: Output, lastMiss: string | undefined): HarnessError {
  const { command, ready, readySeconds = READY_SECONDS } = spec;
  const missing =
    typeof ready === 'object'
      ? `that matches /${ready.line}/, nor one "listening ws://…"`
      : `"listening ws://…", and at ${url} it ${MISSING[probeKindOf(ready)]}`;
  return new HarnessError(3, {
    what: `The server did not become ready within ${readySeconds} s.`,
    where: command.join(' '),
    why: `It printed no line ${missing}${lastMiss === undefined ? '' : `: ${lastMiss}`}.`,
    todo: 'Put {port} where the command takes its port, or name the port of the server with --port; check path, host and TLS; or allow more time with --ready-timeout SECONDS.',
    tail: output.tail(),
  });
}

/** What the server did not do, as part of an error sentence, for each way to check whether the server is ready. */
const MISSING: Readonly<Record<ProbeKind, string>> = {
  handshake: 'answered no opening handshake',
  echo: 'did not send back a text',
  tcp: 'took no TCP connection',
};

function foreignListener(command: string, url: string, listeners: readonly ProcessFacts[]): HarnessError {
  const pids = listeners.map(({ pid }) => pid);
  return new HarnessError(3, {
    what: `Another process answers at ${url}, not the server that was started.`,
    where: command,
    why: `The port belongs to process ${pids.join(', ')}: an older server may still be running.`,
    todo: 'End that process, or let the command take its port from {port}.',
  });
}

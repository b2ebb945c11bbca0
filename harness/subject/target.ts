import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Readiness } from '../config/config-schema.ts';
import { HarnessError } from '../support/harness-error.ts';
import { type Output, pointTo } from '../system/output.ts';
import { describeExit, type Exit, startProcess } from '../system/process.ts';
import { type Listener, listenersOn, type ProcessFacts, stillListens } from '../system/process-table.ts';
import type { Workspace } from '../system/workspace.ts';
import { addressOf, urlOf } from './address.ts';
import type { HandshakeOptions } from './handshake-options.ts';
import { type ProbeKind, probe } from './probe.ts';

/** A server to start. */
export interface Launch {
  /** argv; `{port}` in it is replaced by the port. */
  command: readonly string[];
  cwd?: string;
  /** `{port}` in a value is replaced by the port. */
  env?: Readonly<Record<string, string>>;
  /** Where it will listen, a name or a literal address; 127.0.0.1 when left out. */
  host?: string;
  /** The only port it can have; a free one when left out. */
  port?: number;
  /** Whether it speaks TLS there. */
  tls?: boolean;
  /** Path of the WebSocket endpoint, when the server does not say it itself. */
  path: string;
  ready?: Readiness;
  readySeconds?: number;
  /** What it wants to be told before it answers an opening handshake. */
  greeting?: HandshakeOptions;
}

/** How long a server we start may take to get ready where nobody says otherwise. */
export const READY_SECONDS = 30;

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

/** A server that is running already, or is about to be. */
export interface Attachment {
  url: string;
  ready?: Readiness;
  /** Ask again and again for so long; without it, it is asked once. */
  readySeconds?: number;
  greeting?: HandshakeOptions;
}

/** @throws HarnessError (3) when nothing at the address answers as it should. */
export async function attach(
  { url, ready, readySeconds = 0, greeting }: Attachment,
  signal: AbortSignal,
): Promise<Target> {
  const deadline = performance.now() + readySeconds * 1000;
  const ask = () => probe(url, 5 * PROBE_MS, answerOf(ready), greeting);
  let answer = await ask();
  while (answer !== 'open' && performance.now() < deadline) {
    await sleep(POLL_MS, undefined, { signal });
    answer = await ask();
  }
  if (answer !== 'open') {
    throw new HarnessError(3, {
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

/** What a probe waits for; a line is waited for elsewhere. */
const answerOf = (ready: Readiness | undefined): ProbeKind => (typeof ready === 'string' ? ready : 'handshake');

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
      if (attempt === PORT_TRIES || spec.port !== undefined || !takesPort(spec) || !lostThePort(error)) throw error;
    }
  }
}

const takesPort = ({ command, env = {} }: Launch) =>
  [...command, ...Object.values(env)].some((part) => part.includes('{port}'));

/** Whether a server's last words were that its port is taken; every language has its own for it. */
function lostThePort(error: unknown): boolean {
  return (
    error instanceof HarnessError &&
    (error.problem.tail ?? []).some((line) => /EADDRINUSE|address (is )?already in use|bind failed/i.test(line))
  );
}

/**
 * Starts a server in a process group of its own and waits until it speaks: it prints a line `listening ws://…`, or
 * the line that was agreed on, or it answers on the port it was given. We wait for a word, never for a clock.
 * @param log file that takes its output.
 * @throws HarnessError (3) when it cannot be started, ends before it speaks, or stays silent; with its last lines.
 */
async function launchOnce(spec: Launch, workspace: Workspace, log: string, signal: AbortSignal): Promise<Target> {
  const { host = '127.0.0.1', ready } = spec;
  const port = spec.port ?? (await freePort(host));
  if (spec.port !== undefined) await refuseTaken(spec.command.join(' '), host, port);
  signal.throwIfAborted();
  const expected = urlOf({ host, port, secure: spec.tls ?? false }, spec.path);
  const filled = (text: string) => text.replaceAll('{port}', String(port));
  const env = Object.fromEntries(Object.entries(spec.env ?? {}).map(([name, value]) => [name, filled(value)]));
  const started = startProcess(
    {
      command: spec.command.map(filled),
      env: { PORT: String(port), ...env },
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    },
    workspace,
    log,
  );
  const { pid, output, ended } = started;
  const command = spec.command.join(' ');
  const listenersThere = (url: string) => listenersAt(url, pid === undefined ? [] : [pid]);
  const areForeign = (listeners: readonly Listener[]) =>
    listeners.length > 0 && !listeners.some(({ group }) => group === pid);
  // A server that nobody told the port need not be the one that answers there.
  const isSomebodyElse = () => !takesPort(spec) && spec.port === undefined && areForeign(listenersThere(expected));
  const waiting = new AbortController();
  let lastWhy: string | undefined;
  try {
    const url = await Promise.race([
      saying(output, expected, ready),
      typeof ready === 'object'
        ? never()
        : answering(expected, spec, isSomebodyElse, waiting.signal, (why) => {
            lastWhy = why;
          }),
      ended.then((how) => Promise.reject(diedEarly(spec.command, how, output))),
      sleep((spec.readySeconds ?? READY_SECONDS) * 1000, undefined, { signal: waiting.signal }).then(() =>
        Promise.reject(neverReady(command, spec, expected, output, lastWhy)),
      ),
      aborted(signal, waiting.signal),
    ]);
    const listeners = listenersThere(url);
    if (areForeign(listeners)) throw foreignListener(command, url, listeners);
    return {
      url,
      command,
      ...(pid === undefined ? {} : { pid }),
      tail: () => output.tail(),
      onLine: (listener) => output.onLine(listener),
      exit: started.exit,
      ended,
      isTheSame: () =>
        listeners.some(stillListens) ||
        sameListeners(
          listeners,
          listenersAt(
            url,
            listeners.map((one) => one.pid),
          ),
        ),
      end: started.end,
    };
  } catch (error) {
    await started.end();
    throw error;
  } finally {
    waiting.abort();
  }
}

/** Waits for a line that says that it listens, and where: our own words for it, or those that were agreed on. */
function saying(output: Output, expected: string, ready: Readiness | undefined): Promise<string> {
  const agreed = typeof ready === 'object' ? new RegExp(ready.line) : undefined;
  return new Promise((resolve) => {
    output.onLine((line) => {
      const url = /\blistening (wss?:\/\/\S+)/.exec(line)?.[1];
      const match = agreed?.exec(line);
      if (match) resolve(whereSaid(match.groups ?? {}, expected));
      else if (url !== undefined && URL.canParse(url)) resolve(reachable(url));
    });
  });
}

/** The address in the groups of a line that matched, or what of it was told. */
function whereSaid({ url, port }: Readonly<Record<string, string>>, expected: string): string {
  if (url !== undefined && URL.canParse(url)) return reachable(url.replace(/^http/, 'ws'));
  const told = new URL(expected);
  if (port !== undefined) told.port = port;
  return told.href;
}

/** "Listening on every address" is no address to connect to. */
function reachable(url: string): string {
  return url.replace(/^(wss?:\/\/)(0\.0\.0\.0|\[::\])(?=[:/]|$)/, '$1127.0.0.1');
}

/** Polls until it answers as it should. @param onMiss is told each time why it did not. */
async function answering(
  url: string,
  { ready, greeting }: Launch,
  isSomebodyElse: () => boolean,
  signal: AbortSignal,
  onMiss: (why: string) => void,
): Promise<string> {
  while (!signal.aborted) {
    const answer = await probe(url, PROBE_MS, answerOf(ready), greeting);
    if (answer === 'open' && !isSomebodyElse()) return url;
    onMiss(answer === 'open' ? 'another process answers there' : answer.why);
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
async function freePort(host: string): Promise<number> {
  const port = await tryPort(host, 0);
  if (port !== undefined) return port;
  throw new HarnessError(3, {
    what: `Nothing can listen on ${host} here.`,
    why: 'There is no such address on this machine, or no port is free.',
    todo: 'Correct the host of the server: it is where it will listen on this machine.',
  });
}

/** @throws HarnessError (3) when somebody listens already on the only port that the server can have. */
async function refuseTaken(command: string, host: string, port: number): Promise<void> {
  if ((await tryPort(host, port)) !== undefined) return;
  const owners = listenersOn(port).map(({ pid }) => pid);
  throw new HarnessError(3, {
    what: `Port ${port} is taken, and the server can have no other.`,
    where: command,
    why: owners.length > 0 ? `Process ${owners.join(', ')} listens there.` : 'Another process listens there.',
    todo: 'End that process, or let the command take its port from {port} and drop "port".',
  });
}

/** Listens for a moment. @returns the port; undefined when that cannot be done. */
async function tryPort(host: string, port: number): Promise<number | undefined> {
  const server = net.createServer();
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, host, () => resolve(true));
  });
  const address = server.address();
  if (listening) await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : undefined;
}

const listenersAt = (url: string, likely: readonly number[]) => listenersOn(addressOf(url).port, likely);

/** That nobody was seen before says nothing: the port may be another network namespace's, or its owner another user. */
function sameListeners(before: readonly ProcessFacts[], now: readonly ProcessFacts[]): boolean {
  if (before.length === 0) return true;
  return now.some((one) => before.some((other) => other.pid === one.pid && other.started === one.started));
}

function diedEarly(argv: readonly string[], how: Exit, output: Output): HarnessError {
  const command = argv.join(' ');
  const isOneWord = how.error !== undefined && argv.length === 1 && /\s/.test(command);
  return new HarnessError(3, {
    what: 'The server ended before it was ready.',
    where: command,
    why: describeExit(how),
    todo: isOneWord
      ? `All of it was taken for the name of a program. Leave out the quotes: -- ${command}`
      : `${pointTo(output.tail())}Does the command start the server when you type it yourself?`,
    tail: output.tail(),
  });
}

function neverReady(
  command: string,
  { ready, readySeconds = READY_SECONDS }: Launch,
  url: string,
  output: Output,
  lastWhy: string | undefined,
): HarnessError {
  const missed =
    typeof ready === 'object'
      ? `that matches /${ready.line}/, nor one "listening ws://…"`
      : `"listening ws://…", and at ${url} it ${MISSED[answerOf(ready)]}`;
  return new HarnessError(3, {
    what: `The server did not become ready within ${readySeconds} s.`,
    where: command,
    why: `It printed no line ${missed}${lastWhy === undefined ? '' : `: ${lastWhy}`}.`,
    todo: 'Put {port} where the command takes its port, or say which it has with --port; check path, host and TLS; or give it more time: --ready-timeout SECONDS.',
    tail: output.tail(),
  });
}

const MISSED: Readonly<Record<ProbeKind, string>> = {
  handshake: 'answered no opening handshake',
  echo: 'did not send back a text',
  tcp: 'took no TCP connection',
};

function foreignListener(command: string, url: string, listeners: readonly ProcessFacts[]): HarnessError {
  const owners = listeners.map((facts) => facts.pid);
  return new HarnessError(3, {
    what: `Another process answers at ${url}, not the server that was started.`,
    where: command,
    why: `The port belongs to process ${owners.join(', ')}: an older server may still be running.`,
    todo: 'End that process, or let the command take its port from {port}.',
  });
}

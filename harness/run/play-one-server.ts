import type { EngineFacts, Problem } from '../../reports/document/report.ts';
import { idRanges } from '../../reports/wording/id-ranges.ts';
import type { ServerConfig } from '../config/config.ts';
import type { Assignment, Engine, Progress } from '../engines/engine.ts';
import { attach } from '../subject/attach.ts';
import { refuseDistrusted } from '../subject/certificates.ts';
import type { HandshakeOptions } from '../subject/handshake-options.ts';
import { launch } from '../subject/launch.ts';
import { probe } from '../subject/probe.ts';
import type { Target } from '../subject/target.ts';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { HarnessError, toProblem } from '../support/harness-error.ts';
import { pointTo } from '../system/output.ts';
import { describeExit } from '../system/process.ts';
import type { Workspace } from '../system/workspace.ts';

/** What the engine is handed at once. */
export interface Batch {
  cases: readonly string[];
  /** Existing, empty; the engine fills it. */
  folder: string;
  jobs?: number;
  /** Each case has the server to itself. */
  oneByOne?: boolean;
  /** Ends this part early, which is no fault: what was recorded by then is kept. */
  enough?: AbortSignal;
}

/** What is to be played against one server, and where its traces go. */
export interface ServerRunOptions {
  server: ServerConfig;
  /** One after the other, against the same running server; the next is asked for when the one before is over. */
  parts: Iterable<Batch>;
  /** File for the server's own output. */
  log: string;
  /** PEM of the authorities that its certificate has to be of. */
  ca?: string;
  /** Seconds without progress after which we ask the server whether it still lives. */
  patienceSeconds: number;
  timeoutSeconds?: number;
}

/** What came of it, apart from the results in the folder. */
export interface ServerRun {
  url: string;
  command?: string;
  /** Why the results may not be all: empty when everything went as it should. */
  problems: Problem[];
  /** Case id → the first lines the server printed while it was in flight; beside others, where several were. */
  output: ReadonlyMap<string, readonly string[]>;
  /** What the engine came to know on the way. */
  facts: Partial<EngineFacts>;
  /** The window in which results were recorded, in milliseconds since 1970. */
  recorded: { from: number; to: number };
}

/** How long an engine may take to notice by itself that the server is gone, and to save what it has. */
const GRACE_MS = 15_000;
const PROBE_MS = 10_000;
/** A server that prints a line for every frame would else fill the report. */
const MOST_LINES_A_CASE = 40;

/**
 * Starts the server, lets the engine play, watches both, ends the server. A server that dies, hangs or is replaced by
 * another process in mid-run becomes a Problem that names the case in flight; results recorded until then are kept.
 * Rejects only when `signal` aborts, after everything has ended.
 */
export async function playServer(
  engine: Engine,
  order: ServerRunOptions,
  workspace: Workspace,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<ServerRun> {
  const { server } = order;
  const from = Date.now();
  const problems: Problem[] = [];
  let facts: Partial<EngineFacts> = {};
  const target = await startTarget(order, workspace, signal);
  const process = target.pid === undefined ? '' : ` (pid ${target.pid})`;
  onProgress({ kind: 'note', text: `${server.agent} answers at ${target.url}${process}` });
  const flight = new Set<string>();
  const output = new Map<string, string[]>();
  target.onLine((line) => {
    for (const id of flight) {
      const lines = output.get(id) ?? [];
      if (lines.length < MOST_LINES_A_CASE) output.set(id, [...lines, line]);
    }
  });
  const stop = new AbortController();
  const watch = watchTarget(target, order, flight, stop);
  const started = performance.now();
  try {
    const assignmentOf = ({ cases, folder, jobs, oneByOne, enough }: Batch): Assignment => ({
      cases,
      url: target.url,
      agent: server.agent,
      folder,
      signal: AbortSignal.any([signal, stop.signal, ...(enough === undefined ? [] : [enough])]),
      onProgress: (progress) => {
        watch.progressed();
        if (progress.kind === 'case') {
          if (progress.at === 'started') flight.add(progress.id);
          // Once the server is dead, an engine calls the case in flight finished; it is the one we want to name.
          else if (!target.exit()) flight.delete(progress.id);
        }
        onProgress(progress);
      },
      ...(jobs === undefined ? {} : { jobs }),
      ...(oneByOne === undefined ? {} : { oneByOne }),
      ...greetingOf(order),
      ...(order.timeoutSeconds === undefined
        ? {}
        : { timeoutSeconds: Math.max(1, Math.ceil(order.timeoutSeconds - (performance.now() - started) / 1000)) }),
    });
    for (const part of order.parts) {
      flight.clear();
      try {
        // Of the way to the server and of how many at once, the first part tells.
        facts = { ...(await engine.play(assignmentOf(part))), ...facts };
      } catch (error) {
        signal.throwIfAborted();
        if (stop.signal.aborted || !part.enough?.aborted) throw error;
      }
      // Of a server that died, or is not the one it was, nothing more is asked.
      if (target.exit() || !target.isTheSame()) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!stop.signal.aborted) problems.push(toProblem(error, server.agent));
  } finally {
    watch.end();
    const dead = target.exit();
    if (stop.signal.reason instanceof HarnessError)
      problems.unshift({ ...stop.signal.reason.problem, agent: server.agent });
    else if (dead && !signal.aborted) problems.unshift(died(target, flight, server.agent));
    else if (!target.isTheSame()) problems.unshift(replaced(target, flight, server.agent));
    await target.end();
  }
  return {
    url: target.url,
    ...(target.command === undefined ? {} : { command: target.command }),
    problems,
    output,
    facts,
    recorded: { from, to: Date.now() },
  };
}

/** The server, ready to be played against. @throws HarnessError (3), after what was started has ended. */
async function startTarget(order: ServerRunOptions, workspace: Workspace, signal: AbortSignal): Promise<Target> {
  const { server, log, ca } = order;
  const greeting = greetingOf(order);
  const { command, url = '' } = server;
  const target =
    command === undefined
      ? await attach({ ...server, url, handshake: greeting }, signal)
      : await launch({ ...server, command, handshake: greeting }, workspace, log, signal);
  try {
    if (ca !== undefined) await refuseDistrusted(target.url, ca);
    return target;
  } catch (error) {
    await target.end();
    throw error;
  }
}

/** What every opening handshake with the server brings. */
const greetingOf = ({ server: { protocols, origin, headers }, ca }: ServerRunOptions): HandshakeOptions => ({
  ...(protocols === undefined ? {} : { protocols }),
  ...(origin === undefined ? {} : { origin }),
  ...(headers === undefined ? {} : { headers }),
  ...(ca === undefined ? {} : { ca }),
});

/** Ends the play (through `stop`) when the target has died and the engine does not notice, or when it no longer answers. */
function watchTarget(target: Target, order: ServerRunOptions, flight: ReadonlySet<string>, stop: AbortController) {
  let lastProgress = performance.now();
  let asking = false;
  let grace: NodeJS.Timeout | undefined;
  let over = false;
  void target.ended.then(() => {
    if (over) return;
    grace = setTimeout(() => stop.abort(new HarnessError(3, died(target, flight, order.server.agent))), GRACE_MS);
  });
  const check = async () => {
    if (asking || target.exit() || performance.now() - lastProgress < order.patienceSeconds * 1000) return;
    asking = true;
    const ask = () => probe(target.url, PROBE_MS, 'handshake', greetingOf(order));
    const first = await ask();
    // One more time: a busy server may miss one handshake.
    const second = first === 'open' || over ? 'open' : await ask();
    asking = false;
    if (first === 'open' || second === 'open') lastProgress = performance.now();
    else if (!over && !target.exit()) stop.abort(new HarnessError(3, hung(target, flight, second.why)));
  };
  const timer = setInterval(() => void check(), 1000);
  return {
    progressed: () => {
      lastProgress = performance.now();
    },
    end: () => {
      over = true;
      clearInterval(timer);
      clearTimeout(grace);
    },
  };
}

const inFlight = (flight: ReadonlySet<string>) =>
  flight.size === 0 ? 'no case was in flight' : `in flight: case ${idRanges([...flight], suiteIds).join(', ')}`;

const firstOf = (flight: ReadonlySet<string>) => {
  const [id] = flight;
  return id === undefined ? {} : { case: id };
};

function died(target: Target, flight: ReadonlySet<string>, agent: string): Problem {
  const exit = target.exit();
  return {
    what: `The server ended in mid-run (${inFlight(flight)}).`,
    where: target.command ?? target.url,
    why: exit ? describeExit(exit) : 'Its process is gone.',
    todo: `${pointTo(target.tail())}Play the case in flight alone to see whether it is the cause.`,
    agent,
    ...firstOf(flight),
    tail: target.tail(),
  };
}

function hung(target: Target, flight: ReadonlySet<string>, why: string): Problem {
  return {
    what: `The server no longer answers (${inFlight(flight)}).`,
    where: target.command ?? target.url,
    why: `No case made progress, and a new connection got nothing: ${why}.`,
    todo: 'Play the case in flight alone, with a debugger on the server.',
    ...firstOf(flight),
    tail: target.tail(),
  };
}

function replaced(target: Target, flight: ReadonlySet<string>, agent: string): Problem {
  return {
    what: `The process that listened at ${target.url} when the run began no longer does (${inFlight(flight)}).`,
    where: target.command ?? target.url,
    why: 'The server ended or was restarted, or another one took its port; the results may be of two servers.',
    todo: 'Run it without a supervisor that restarts it.',
    agent,
    tail: target.tail(),
  };
}

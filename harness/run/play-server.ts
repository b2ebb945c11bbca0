import type { EngineFacts, Problem } from '../../reports/document/report.ts';
import type { Assignment, PreparedEngine } from '../engines/engine.ts';
import { caseIds } from '../plan/suite.ts';
import { attach } from '../subject/attach.ts';
import { refuseDistrusted } from '../subject/certificates.ts';
import type { HandshakeOptions } from '../subject/handshake-options.ts';
import { launch } from '../subject/launch.ts';
import { probe } from '../subject/probe.ts';
import type { Target } from '../subject/target.ts';
import { HarnessError, toProblem } from '../support/harness-error.ts';
import { pointTo } from '../system/output.ts';
import { describeExit } from '../system/process.ts';
import type { Workspace } from '../system/workspace.ts';
import { Flight } from './flight.ts';
import { type Batch, playBatch } from './play-batch.ts';
import type { SubjectRun, SubjectRunOptions } from './subject-run.ts';

/** Time that an engine has to notice by itself that the server is gone, and to save its results. */
const GRACE_MS = 15_000;
const PROBE_MS = 10_000;

/**
 * Starts the server, lets the engine play, watches both, ends the server. If the server dies, hangs or is replaced by
 * another process during the run, a Problem names the cases in flight, and the results recorded so far are kept.
 * Rejects only if `signal` aborts or the server cannot be started, after everything has ended.
 */
export async function playServer(
  engine: PreparedEngine,
  options: SubjectRunOptions,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<SubjectRun> {
  const { server, onEvent } = options;
  const from = Date.now();
  const problems: Problem[] = [];
  let facts: Partial<EngineFacts> = {};
  const target = await startTarget(options, workspace, signal);
  const pid = target.pid === undefined ? '' : ` (pid ${target.pid})`;
  onEvent({ kind: 'note', text: `${server.agent} answers at ${target.url}${pid}` });
  const flight = new Flight(caseIds(options.suite));
  target.onLine((line) => flight.noteLine(line));
  const stop = new AbortController();
  const watch = watchTarget(target, options, flight, stop);
  const started = performance.now();
  const assignmentOf = ({ folder: _, enough, ...batch }: Batch): Assignment => ({
    ...batch,
    agent: server.agent,
    reach: { by: 'connecting', url: target.url, handshake: handshakeOf(options) },
    signal: AbortSignal.any([signal, stop.signal, ...(enough === undefined ? [] : [enough])]),
    ...(options.timeoutSeconds === undefined
      ? {}
      : { timeoutSeconds: Math.max(1, Math.ceil(options.timeoutSeconds - (performance.now() - started) / 1000)) }),
  });
  try {
    for (const batch of options.batches) {
      flight.clear();
      try {
        const found = await playBatch(engine, assignmentOf(batch), batch.folder, (event) => {
          watch.progressed();
          flight.note(event, target.exit() !== undefined);
          onEvent(event);
        });
        // Retries run with fewer jobs: the report shows the facts of the first batch.
        facts = { ...found, ...facts };
      } catch (error) {
        signal.throwIfAborted();
        if (stop.signal.aborted || !batch.enough?.aborted) throw error;
      }
      // Stop if the server exited or was replaced: further results would be about another process.
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
    output: flight.output,
    facts,
    recorded: { from, to: Date.now() },
  };
}

/** Starts the server, or attaches to a running one, and waits until it is ready. @throws HarnessError (3), after the server was ended. */
async function startTarget(options: SubjectRunOptions, workspace: Workspace, signal: AbortSignal): Promise<Target> {
  const { server, log, ca } = options;
  const handshake = handshakeOf(options);
  const { command, url = '' } = server;
  const target =
    command === undefined
      ? await attach({ ...server, url, handshake }, signal)
      : await launch({ ...server, command, handshake }, workspace, log, signal);
  try {
    if (ca !== undefined) await refuseDistrusted(target.url, ca);
    return target;
  } catch (error) {
    await target.end();
    throw error;
  }
}

/** What every opening handshake with the server contains in addition to the required fields. */
const handshakeOf = ({ server: { protocols, origin, headers }, ca }: SubjectRunOptions): HandshakeOptions => ({
  ...(protocols === undefined ? {} : { protocols }),
  ...(origin === undefined ? {} : { origin }),
  ...(headers === undefined ? {} : { headers }),
  ...(ca === undefined ? {} : { ca }),
});

/**
 * Aborts the run through `stop` if the server has died and the engine does not notice, or if the server no longer
 * answers.
 */
function watchTarget(target: Target, options: SubjectRunOptions, flight: Flight, stop: AbortController) {
  let lastProgress = performance.now();
  let isAsking = false;
  let grace: NodeJS.Timeout | undefined;
  let isOver = false;
  void target.ended.then(() => {
    if (isOver) return;
    grace = setTimeout(() => stop.abort(new HarnessError(3, died(target, flight, options.server.agent))), GRACE_MS);
  });
  const check = async () => {
    if (isAsking || target.exit() || performance.now() - lastProgress < options.patienceSeconds * 1000) return;
    isAsking = true;
    const ask = () => probe(target.url, PROBE_MS, 'handshake', handshakeOf(options));
    const first = await ask();
    // A busy server may miss one handshake, so it is asked twice.
    const second = first === 'open' || isOver ? 'open' : await ask();
    isAsking = false;
    if (first === 'open' || second === 'open') lastProgress = performance.now();
    else if (!isOver && !target.exit()) stop.abort(new HarnessError(3, hung(target, flight, second.why)));
  };
  const timer = setInterval(() => void check(), 1000);
  return {
    progressed: () => {
      lastProgress = performance.now();
    },
    end: () => {
      isOver = true;
      clearInterval(timer);
      clearTimeout(grace);
    },
  };
}

function died(target: Target, flight: Flight, agent: string): Problem {
  const exit = target.exit();
  return {
    what: `The server ended during the run (${flight.text}).`,
    where: target.command ?? target.url,
    why: exit ? describeExit(exit) : 'Its process is gone.',
    todo: `${pointTo(target.tail())}Play the case in flight alone to see whether it is the cause.`,
    agent,
    ...flight.problemCase,
    tail: target.tail(),
  };
}

function hung(target: Target, flight: Flight, why: string): Problem {
  return {
    what: `The server no longer answers (${flight.text}).`,
    where: target.command ?? target.url,
    why: `No case made progress, and a new connection got nothing: ${why}.`,
    todo: 'Play the case in flight alone, with a debugger on the server.',
    ...flight.problemCase,
    tail: target.tail(),
  };
}

function replaced(target: Target, flight: Flight, agent: string): Problem {
  return {
    what: `The process that listened at ${target.url} when the run began no longer does (${flight.text}).`,
    where: target.command ?? target.url,
    why: 'The server ended or was restarted, or another one took its port; the results may be of two servers.',
    todo: 'Run it without a supervisor that restarts it.',
    agent,
    tail: target.tail(),
  };
}

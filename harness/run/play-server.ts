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
import { omitUndefined } from '../support/omit-undefined.ts';
import { pointTo } from '../system/output.ts';
import { describeExit } from '../system/process.ts';
import type { Workspace } from '../system/workspace.ts';
import { Flight } from './flight.ts';
import { type Batch, playBatch } from './play-batch.ts';
import { type SubjectRun, type SubjectRunOptions, secondsLeft } from './subject-run.ts';

/** Time for the engine to notice by itself that the server has ended, and to save its results. */
const GRACE_MS = 15_000;
/** Time limit of one probe, which is a short connection that shows whether the server answers. */
const PROBE_MS = 10_000;

/**
 * Plays cases against a server: starts the server, plays all batches, watches the server meanwhile, and ends the
 * server. If the server ends, hangs or is replaced by another process, a problem in the report names the cases that
 * were running, and the results so far are kept. Rejects only if `signal` aborts or the server cannot be started. The
 * server has always ended before the promise settles.
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
  const assignmentOf = ({ folder: _, limitReached, ...batch }: Batch): Assignment => ({
    ...batch,
    agent: server.agent,
    reach: { by: 'connecting', url: target.url, handshake: handshakeOf(options) },
    signal: AbortSignal.any([signal, stop.signal, ...(limitReached === undefined ? [] : [limitReached])]),
    ...omitUndefined({ timeoutSeconds: secondsLeft(options.timeoutSeconds, started) }),
  });
  try {
    for (const batch of options.batches) {
      flight.clear();
      try {
        const batchFacts = await playBatch(engine, assignmentOf(batch), batch.folder, (event) => {
          watch.progressed();
          flight.note(event, target.exit() !== undefined);
          onEvent(event);
        });
        // Repeated cases run with fewer jobs (cases at the same time). The report shows the number of jobs of the first
        // batch.
        facts = { ...batchFacts, ...facts };
      } catch (error) {
        signal.throwIfAborted();
        if (stop.signal.aborted || !batch.limitReached?.aborted) throw error;
      }
      // Stop if the server exited or was replaced: further results would be about another process.
      if (target.exit() || !target.isTheSame()) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!stop.signal.aborted) problems.push(toProblem(error, server.agent));
  } finally {
    watch.end();
    const hasEnded = target.exit() !== undefined;
    if (stop.signal.reason instanceof HarnessError)
      problems.unshift({ ...stop.signal.reason.problem, agent: server.agent });
    else if (hasEnded && !signal.aborted) problems.unshift(ended(target, flight, server.agent));
    else if (!target.isTheSame()) problems.unshift(replaced(target, flight, server.agent));
    await target.end();
  }
  return {
    url: target.url,
    ...omitUndefined({ command: target.command }),
    problems,
    output: flight.output,
    facts,
    recorded: { from, to: Date.now() },
  };
}

/**
 * Starts the server, or connects to a running server, and waits until the server is ready. If this fails, a
 * started server is ended.
 * @throws HarnessError with exit code 3 if the server is not ready in time, or if its certificate is not trusted.
 */
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

/** The options of every opening handshake with the server. */
const handshakeOf = ({ server: { protocols, origin, headers }, ca }: SubjectRunOptions): HandshakeOptions =>
  omitUndefined({ protocols, origin, headers, ca });

/**
 * Watches the server during a run. Aborts `stop` in two cases: the server has ended and the engine does not notice, or
 * the server no longer answers.
 */
function watchTarget(target: Target, options: SubjectRunOptions, flight: Flight, stop: AbortController) {
  let lastProgress = performance.now();
  let isProbing = false;
  let grace: NodeJS.Timeout | undefined;
  let isOver = false;
  void target.ended.then(() => {
    if (isOver) return;
    grace = setTimeout(() => stop.abort(new HarnessError(3, ended(target, flight, options.server.agent))), GRACE_MS);
  });
  const check = async () => {
    if (isProbing || target.exit() || performance.now() - lastProgress < options.patienceSeconds * 1000) return;
    isProbing = true;
    const probeOnce = () => probe(target.url, PROBE_MS, 'handshake', handshakeOf(options));
    const first = await probeOnce();
    // A busy server may miss one opening handshake. The server counts as hanging only if a second one fails too.
    const second = first === 'open' || isOver ? 'open' : await probeOnce();
    isProbing = false;
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

function ended(target: Target, flight: Flight, agent: string): Problem {
  const exit = target.exit();
  return {
    what: `The server ended during the run (${flight.text}).`,
    where: target.command ?? target.url,
    why: exit ? describeExit(exit) : 'Its process no longer exists.',
    todo: `${pointTo(target.tail())}Run the case in flight alone to see whether the case is the cause.`,
    agent,
    ...flight.problemCase,
    tail: target.tail(),
  };
}

function hung(target: Target, flight: Flight, why: string): Problem {
  return {
    what: `The server no longer answers (${flight.text}).`,
    where: target.command ?? target.url,
    why: `No case made progress, and a new connection got no answer: ${why}.`,
    todo: 'Run the case in flight alone, with a debugger on the server.',
    ...flight.problemCase,
    tail: target.tail(),
  };
}

function replaced(target: Target, flight: Flight, agent: string): Problem {
  return {
    what: `The process that listened at ${target.url} when the run began no longer listens there (${flight.text}).`,
    where: target.command ?? target.url,
    why: 'The server ended or was restarted, or another process took its port. The results may be of two servers.',
    todo: 'Run the server without a supervisor that restarts it.',
    agent,
    tail: target.tail(),
  };
}

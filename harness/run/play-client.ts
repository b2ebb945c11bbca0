import type { EngineFacts, Problem } from '../../reports/document/report.ts';
import type { PlayEvent, PreparedEngine } from '../engines/engine.ts';
import { caseIds } from '../plan/suite.ts';
import { launchClient, type RunningClient } from '../subject/client.ts';
import { HarnessError, toProblem } from '../support/harness-error.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { pointTo } from '../system/output.ts';
import { describeExit } from '../system/process.ts';
import type { Workspace } from '../system/workspace.ts';
import { Flight } from './flight.ts';
import { type Batch, playBatch } from './play-batch.ts';
import { type SubjectRun, type SubjectRunOptions, secondsLeft } from './subject-run.ts';

/** Time between two checks whether the client makes progress. */
const CHECK_MS = 1000;

/**
 * Plays cases against a client. For each batch (a part of the cases) the engine opens a port, and the client is started
 * with the engine's URL. The client is ended after the last case of the batch. If the client ends early or makes no
 * progress, the report lists this as a problem, and the results so far are kept. Rejects only if `signal` aborts or the
 * configuration cannot work.
 */
export async function playClient(
  engine: PreparedEngine,
  options: SubjectRunOptions,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<SubjectRun> {
  const { server: client } = options;
  const from = Date.now();
  const started = performance.now();
  const flight = new Flight(caseIds(options.suite));
  const problems: Problem[] = [];
  let facts: Partial<EngineFacts> = {};
  let url = '';
  for (const batch of options.batches) {
    flight.clear();
    const timeoutSeconds = secondsLeft(options.timeoutSeconds, started);
    const limited = { ...batch, ...omitUndefined({ timeoutSeconds }) };
    const played = await new ClientBatch(limited, options, flight, workspace, signal).play(engine);
    facts = { ...played.facts, ...facts };
    url = played.url ?? url;
    problems.push(...played.problems);
    if (played.problems.length > 0) break;
  }
  return {
    url,
    ...omitUndefined({ command: client.command?.join(' ') }),
    problems,
    output: flight.output,
    facts,
    recorded: { from, to: Date.now() },
  };
}

/** Plays one batch (a part of the cases) against one process of the client. */
class ClientBatch {
  private readonly batch: Batch;
  private readonly options: SubjectRunOptions;
  private readonly flight: Flight;
  private readonly workspace: Workspace;
  private readonly signal: AbortSignal;
  private readonly stop = new AbortController();
  private noteClientEnd = (): void => undefined;
  private readonly clientEnded = new Promise<void>((resolve) => {
    this.noteClientEnd = resolve;
  });
  private readonly recorded = new Set<string>();
  private url: string | undefined;
  private starting: Promise<void> | undefined;
  private client: RunningClient | undefined;
  private lastProgress = performance.now();

  constructor(batch: Batch, options: SubjectRunOptions, flight: Flight, workspace: Workspace, signal: AbortSignal) {
    this.batch = batch;
    this.options = options;
    this.flight = flight;
    this.workspace = workspace;
    this.signal = signal;
  }

  async play(
    engine: PreparedEngine,
  ): Promise<{ url: string | undefined; facts: Partial<EngineFacts>; problems: Problem[] }> {
    const { folder, limitReached, ...playOptions } = this.batch;
    const { agent } = this.options.server;
    const watch = setInterval(() => this.checkProgress(), CHECK_MS);
    let facts: Partial<EngineFacts> = {};
    const problems: Problem[] = [];
    try {
      facts = await playBatch(
        engine,
        {
          ...playOptions,
          agent,
          reach: {
            by: 'listening',
            listening: (url) => {
              this.starting = this.start(url);
            },
            subjectEnded: this.clientEnded,
          },
          signal: AbortSignal.any([
            this.signal,
            this.stop.signal,
            ...(limitReached === undefined ? [] : [limitReached]),
          ]),
        },
        folder,
        (event) => this.onEvent(event),
      );
      await this.starting;
    } catch (error) {
      this.signal.throwIfAborted();
      const reason = this.stop.signal.aborted ? this.stop.signal.reason : error;
      if (!limitReached?.aborted || this.stop.signal.aborted) problems.push(toProblem(reason, agent));
    } finally {
      clearInterval(watch);
      await this.starting?.catch(() => undefined);
      if (problems.length === 0 && !limitReached?.aborted && !this.signal.aborted) problems.push(...this.endedEarly());
      await this.client?.end();
    }
    return { url: this.url, facts, problems };
  }

  private async start(url: string): Promise<void> {
    this.url = url;
    const { server, log } = this.options;
    try {
      this.client = await launchClient(server, url, this.workspace, log);
      this.options.onEvent({ kind: 'note', text: `${server.agent} was started and connects to ${url}` });
      this.client.onLine((line) => this.flight.noteLine(line));
      void this.client.ended.then(() => this.noteClientEnd());
    } catch (error) {
      this.stop.abort(error);
    }
  }

  private onEvent(event: PlayEvent): void {
    this.lastProgress = performance.now();
    this.flight.note(event, false);
    if (event.kind === 'recorded') this.recorded.add(event.record.id);
    this.options.onEvent(event);
  }

  private checkProgress(): void {
    const { patienceSeconds, server } = this.options;
    if (performance.now() - this.lastProgress < patienceSeconds * 1000) return;
    this.stop.abort(
      new HarnessError(3, {
        what: `The client made no progress for ${patienceSeconds} s (${this.flight.text}).`,
        where: server.command?.join(' ') ?? server.name,
        why: 'No case started or ended in that time.',
        todo: 'Run the case in flight alone, with a debugger on the client; or allow more time with --patience.',
        ...this.flight.problemCase,
        tail: this.client?.tail() ?? [],
      }),
    );
  }

  /** The problem that the client ended before all cases had a result. The list is empty if this did not happen. */
  private endedEarly(): Problem[] {
    const exit = this.client?.exit();
    const missing = this.batch.cases.filter((id) => !this.recorded.has(id));
    if (exit === undefined || missing.length === 0) return [];
    const { server } = this.options;
    const tail = this.client?.tail() ?? [];
    return [
      {
        what: `The client ended before it had played all cases (${this.flight.text}).`,
        where: server.command?.join(' ') ?? server.name,
        why: `${describeExit(exit)} ${missing.length} of ${this.batch.cases.length} cases have no result.`,
        todo: `${pointTo(tail)}Check that the client connects once for each case.`,
        agent: server.agent,
        ...this.flight.problemCase,
        tail,
      },
    ];
  }
}

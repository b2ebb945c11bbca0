import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import type { EngineFacts, Problem } from '../../reports/document/report.ts';
import type { ServerConfig } from '../config/config.ts';
import type { PreparedEngine } from '../engines/engine.ts';
import { failsRun } from '../expectations/gate.ts';
import { judgeOutcome, withoutSkipped } from '../expectations/judge-cases.ts';
import type { Expectation } from '../expectations/read-expectations.ts';
import type { Suite } from '../plan/suite.ts';
import { addResults, listedCases } from '../results/copy-results.ts';
import { type Result, readResults } from '../results/read-results.ts';
import { build } from '../subject/build.ts';
import { toProblem } from '../support/harness-error.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { makeFolder } from '../system/report-folder.ts';
import type { Bail } from './bail.ts';
import { Batches } from './batches.ts';
import { type CollectOptions, inPlanOrder, type ServerResults } from './collected-results.ts';
import type { PlaySettings } from './play-settings.ts';
import { playSubject } from './play-subject.ts';
import type { KeptResults } from './resume.ts';
import { Retries } from './retries.ts';
import type { SubjectRun, SubjectRunOptions } from './subject-run.ts';

/* Reasons why a case has no result. They are the end of a sentence: "No result: the case is skipped." */
const SKIPPED = 'the case is skipped';
const INTERRUPTED = 'the run was interrupted before this case';
const BAILED = '--bail ended the run before this case';
export const NOT_YET = 'the case had not ended when this was written';

/** Number of case files that are read without a pause while the engine still plays cases. */
const SNAPSHOT_FILES = 10;

/** A configured server, and the files about the server that are read before the run. */
export interface ServerInputs {
  server: ServerConfig;
  slug: string;
  expectations: ReadonlyMap<string, Expectation>;
  /** Certificates in PEM format of the authorities that must have signed the server's certificate. */
  ca: string | undefined;
}

/** The results of one server, and what else the run learned from it. */
export interface PlayedServer {
  results: ServerResults;
  problems: Problem[];
  facts: Partial<EngineFacts>;
  /** Whether cases of this server were left out because `--bail` ended the run. */
  isCutShort: boolean;
}

/** The results of a server against which no case was played. @param why reason for each case. */
export function withoutResults(
  { server, slug, expectations }: ServerInputs,
  cases: readonly string[],
  why: string,
): ServerResults {
  const results = cases.map((id): Result => ({ did: 'not run', id, why }));
  return { server, slug, url: server.url ?? '', expectations, results };
}

/** Plays the cases of a run against one server, and reads their results. */
export class ServerPlay {
  /** Whether the engine is playing cases at the moment. */
  isPlaying = false;
  private readonly suite: Suite;
  private readonly inputs: ServerInputs;
  private readonly settings: PlaySettings;
  private readonly options: CollectOptions;
  private readonly bail: Bail | undefined;
  /** Results of an earlier run that this run resumes. */
  private readonly keptResults: KeptResults | undefined;
  /** Cases that must have a result. */
  private readonly wanted: readonly string[];
  /** Folder of all results, kept and new. */
  private readonly folder: string;
  /** Folder of the new results. An engine needs an empty folder, so this is another folder if results are kept. */
  private readonly playFolder: string;

  constructor(
    suite: Suite,
    inputs: ServerInputs,
    settings: PlaySettings,
    options: CollectOptions,
    bail: Bail | undefined,
  ) {
    this.suite = suite;
    this.inputs = inputs;
    this.settings = settings;
    this.options = options;
    this.bail = bail;
    this.keptResults = settings.earlierRun?.agents.get(inputs.server.agent);
    this.wanted = withoutSkipped(options.cases, inputs.expectations);
    this.folder = join(options.staged, 'results', inputs.slug);
    this.playFolder =
      this.keptResults === undefined ? this.folder : join(options.workspace.folder, 'played', inputs.slug);
  }

  /** Plays the cases. A server that cannot be built or started is reported as a problem, and is no reason to throw. */
  async play(engine: PreparedEngine | undefined): Promise<PlayedServer> {
    const { cases, signal } = this.options;
    const { server } = this.inputs;
    const toPlay = this.wanted.filter((id) => !this.keptResults?.files.has(id));
    const canPlay = toPlay.length > 0 && engine !== undefined && !signal.aborted && !this.bail?.limitReached.aborted;
    if (!canPlay && !this.keptResults?.files.size) {
      const why = toPlay.length === 0 ? SKIPPED : signal.aborted ? INTERRUPTED : BAILED;
      const results = withoutResults(this.inputs, cases, why);
      return { results, problems: [], facts: {}, isCutShort: why === BAILED };
    }
    makeFolder(this.folder);
    const earlier = new Set(this.wanted.filter((id) => this.keptResults?.files.has(id)));
    if (this.keptResults !== undefined) addResults(server.agent, this.keptResults.folder, this.folder, earlier);
    makeFolder(this.playFolder);
    const retries = this.retries();
    let run = emptyRun(server);
    if (canPlay) {
      this.settings.onServer(server, toPlay);
      this.isPlaying = true;
      run = await this.playCases(engine, toPlay, retries);
      this.isPlaying = false;
    }
    if (this.keptResults !== undefined) addResults(server.agent, this.playFolder, this.folder);
    return this.readPlayed(run, earlier, retries);
  }

  /**
   * The results so far, for a checkpoint (a partial report during the run).
   * @param into copy of the folder of the unfinished report.
   */
  async snapshot(into: string): Promise<ServerResults> {
    const { agent, command } = this.inputs.server;
    const folder = join(into, 'results', this.inputs.slug);
    if (this.keptResults !== undefined) addResults(agent, this.playFolder, folder);
    const results = await this.readSlowly(folder);
    return {
      ...withoutResults(this.inputs, this.options.cases, NOT_YET),
      results: inPlanOrder(this.options.cases, results, NOT_YET),
      // `--resume` needs the command: it continues the run only if the server is still started by the same command.
      ...omitUndefined({ command: command?.join(' ') }),
    };
  }

  private retries(): Retries | undefined {
    const { retries: limit, onEvent } = this.settings;
    if (limit === undefined) return undefined;
    const { agent } = this.inputs.server;
    const onRound = (text: string) => onEvent({ kind: 'note', text });
    return new Retries({ suite: this.suite, agent, folder: this.folder, limit, onRound });
  }

  private async playCases(
    engine: PreparedEngine,
    cases: readonly string[],
    retries: Retries | undefined,
  ): Promise<SubjectRun> {
    const { staged, workspace, signal } = this.options;
    const { server, slug, expectations, ca } = this.inputs;
    const { playOptions, patienceSeconds, strict, onEvent } = this.settings;
    const { timeoutSeconds, ...perBatch } = playOptions;
    const batches = new Batches({
      suite: this.suite,
      agent: server.agent,
      cases,
      folder: this.playFolder,
      temporaryFolder: join(workspace.folder, 'batches', slug),
      playOptions: perBatch,
      recordsLive: engine.recordsLive,
      isUnexpected: (id, actual) =>
        failsRun(this.suite, { ...judgeOutcome(this.suite, id, actual, expectations.get(id)), actual }, strict),
      bail: this.bail,
      retries,
    });
    const log = join(staged, 'results', `${slug}.server.log`);
    const subject: SubjectRunOptions = {
      suite: this.suite,
      server,
      batches: batches.batches(),
      log,
      patienceSeconds,
      ...omitUndefined({ ca, timeoutSeconds }),
      onEvent: (event) => {
        batches.onEvent(event);
        onEvent(event);
      },
    };
    const from = Date.now();
    try {
      await build(server, workspace, log.replace(/server\.log$/, 'build.log'), signal);
      return await playSubject(engine, subject, workspace, signal);
    } catch (error) {
      const problems = signal.aborted ? [] : [toProblem(error, server.agent)];
      return { ...emptyRun(server), problems, recorded: { from, to: Date.now() } };
    }
  }

  /** Reads the result folder after the last case. @param earlier cases whose results were kept from an earlier run. */
  private readPlayed(run: SubjectRun, earlier: ReadonlySet<string>, retries: Retries | undefined): PlayedServer {
    const { cases, signal } = this.options;
    const { agent } = this.inputs.server;
    const isBailed = this.bail?.limitReached.aborted === true && !signal.aborted && run.problems.length === 0;
    const listed = isBailed ? listedCases(agent, this.folder) : undefined;
    const read = readResults(this.suite, this.folder, {
      // A case that --bail left out is not a problem.
      cases: listed === undefined ? this.wanted : this.wanted.filter((id) => listed.has(id)),
      agents: [agent],
      extraIsFault: true,
      recorded: run.recorded,
      earlier,
    });
    // If no case was played, the reason is in the problems of the run. A problem for each missing result would hide the
    // reason.
    const isEmpty = run.problems.length > 0 && readdirSync(this.folder).length === 0;
    return {
      results: {
        ...withoutResults(this.inputs, cases, BAILED),
        url: run.url,
        output: new Map([...(this.keptResults?.output ?? []), ...run.output]),
        results: inPlanOrder(cases, read.agents[0]?.results ?? [], BAILED),
        ...omitUndefined({
          laterAttempts: retries?.attempts,
          notRetried: retries?.notRetried,
          command: run.command,
        }),
      },
      problems: [...run.problems, ...(isEmpty ? [] : read.problems), ...(retries?.problems ?? [])],
      facts: run.facts,
      isCutShort: listed !== undefined && this.wanted.some((id) => !listed.has(id)),
    };
  }

  /**
   * Reads a result folder while the engine still plays. Reads a few files at a time, because a long pause would delay
   * the timers of running cases.
   */
  private async readSlowly(folder: string): Promise<Result[]> {
    const { agent } = this.inputs.server;
    const listed = listedCases(agent, folder);
    const ids = this.wanted.filter((id) => listed.has(id));
    const found: Result[] = [];
    for (let start = 0; start < ids.length; start += SNAPSHOT_FILES) {
      const cases = ids.slice(start, start + SNAPSHOT_FILES);
      const read = readResults(this.suite, folder, { cases, agents: [agent], extraIsFault: false });
      found.push(...(read.agents[0]?.results ?? []).filter(({ did }) => did === 'run'));
      await immediate();
    }
    return found;
  }
}

/** Stands for the run against a server when no case was played against the server. */
function emptyRun({ url = '', command }: ServerConfig): SubjectRun {
  return {
    url,
    ...omitUndefined({ command: command?.join(' ') }),
    problems: [],
    output: new Map(),
    facts: {},
    recorded: { from: Date.now(), to: Date.now() },
  };
}

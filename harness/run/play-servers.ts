import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import type { EngineFacts, Problem } from '../../reports/document/report.ts';
import { slugOf } from '../../reports/document/slug.ts';
import type { ServerConfig } from '../config/config.ts';
import type { Engine, PlayEvent, PlayOptions, PreparedEngine } from '../engines/engine.ts';
import { expectationsOf } from '../expectations/expectations-of.ts';
import { stopsMerge } from '../expectations/gate.ts';
import { judgeOutcome, withoutSkipped } from '../expectations/judge-cases.ts';
import type { Expectation } from '../expectations/read-expectations.ts';
import type { Suite } from '../plan/suite.ts';
import { addResults, listedCases } from '../results/copy-results.ts';
import { type Result, readResults } from '../results/read-results.ts';
import { build } from '../subject/build.ts';
import { readCertificates } from '../subject/certificates.ts';
import { toProblem } from '../support/harness-error.ts';
import { makeFolder } from '../system/report-folder.ts';
import { Bail } from './bail.ts';
import { Batches } from './batches.ts';
import {
  type CollectedResults,
  type CollectOptions,
  inPlanOrder,
  type ResultSource,
  type ServerResults,
} from './collected-results.ts';
import { playSubject } from './play-subject.ts';
import { type Kept, type KeptResults, refuseOtherEngine } from './resume.ts';
import { Retries } from './retries.ts';
import type { SubjectRun, SubjectRunOptions } from './subject-run.ts';

/** Which subjects are played, and how. */
export interface PlaySettings {
  servers: readonly ServerConfig[];
  /** Passed to the engine as they are. */
  playOptions: PlayOptions;
  /** Seconds without progress after which the subject is asked whether it still answers. */
  patienceSeconds: number;
  /** Results of an earlier run that are kept instead of being played again. */
  kept?: Kept | undefined;
  /** Number of retries of an unexpected outcome. Undefined: no retries. */
  retries?: number | undefined;
  /** Number of unexpected outcomes at which the run ends. Undefined: never. */
  bail?: number | undefined;
  /** A tolerated grade (NON-STRICT) is an unexpected outcome. */
  strict: boolean;
  /** Called before a server is started, with the cases that will be played. */
  onServer(server: ServerConfig, cases: readonly string[]): void;
  onEvent(event: PlayEvent): void;
}

/** Why a case has no result. */
const INTERRUPTED = 'the run was interrupted before it';
const BAILED = 'the run was ended before it, as --bail says';
const NOT_YET = 'it was not over when this was written';

/** Number of case files that a snapshot reads before it lets the run go on. */
const SNAPSHOT_FILES = 10;

/** One server to play, with everything that is read before the run. */
interface Candidate {
  server: ServerConfig;
  slug: string;
  expectations: ReadonlyMap<string, Expectation>;
  ca: string | undefined;
}

/**
 * Plays all servers, one after the other. Expectation files and certificates are read at once, so that a wrong file fails
 * before anything runs. An aborted signal ends the run; results recorded so far are kept.
 * @throws HarnessError (2) for a wrong file. The returned source throws HarnessError (3) if the engine cannot run here.
 */
export function playServers(suite: Suite, engine: Engine, settings: PlaySettings, today: string): ResultSource {
  const candidates = settings.servers.map((server) => ({
    server,
    slug: slugOf(server.agent),
    expectations: expectationsOf(suite, server, today),
    ca: server.caFile === undefined ? undefined : readCertificates(server.caFile, `"${server.name}"`),
  }));
  return (options) => new ServersRun(suite, candidates, settings, options).run(engine);
}

/** One run over all servers: what has been collected so far, and what the current server has left. */
class ServersRun {
  private readonly suite: Suite;
  private readonly candidates: readonly Candidate[];
  private readonly settings: PlaySettings;
  private readonly options: CollectOptions;
  private readonly bail: Bail | undefined;
  private readonly agents: ServerResults[] = [];
  private readonly problems: Problem[] = [];
  private engineFacts: EngineFacts | undefined;
  /** Whether `--bail` left cases out. */
  private isCut = false;
  /** Results of the server that is being played. */
  private snapshotOfCurrent: ((into: string) => Promise<ServerResults>) | undefined;

  constructor(suite: Suite, candidates: readonly Candidate[], settings: PlaySettings, options: CollectOptions) {
    this.suite = suite;
    this.candidates = candidates;
    this.settings = settings;
    this.options = options;
    this.bail = settings.bail === undefined ? undefined : new Bail(settings.bail);
  }

  async run(engine: Engine): Promise<CollectedResults> {
    const { signal, onStart } = this.options;
    const { kept } = this.settings;
    const prepared = await this.prepare(engine);
    if (prepared !== undefined && kept !== undefined) refuseOtherEngine(kept, prepared.facts);
    this.engineFacts = prepared?.facts;
    onStart?.((into) => this.snapshot(into));
    for (const candidate of this.candidates) this.agents.push(await this.playCandidate(candidate, prepared));
    if (signal.aborted) this.problems.unshift(interrupted(signal.reason));
    return {
      agents: this.agents,
      problems: this.problems,
      engine: this.facts(),
      ...(this.bail !== undefined && this.isCut ? { bailed: this.bail.limit } : {}),
      ...(this.settings.retries === undefined ? {} : { retries: this.settings.retries }),
    };
  }

  /** Undefined if the run was interrupted meanwhile. */
  private async prepare(engine: Engine): Promise<PreparedEngine | undefined> {
    const { signal } = this.options;
    try {
      return await engine.prepare({ signal, onMessage: (message) => this.settings.onEvent(message) });
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  private facts(): EngineFacts {
    const { kept, playOptions } = this.settings;
    const facts = this.engineFacts ??
      kept?.engine ?? { name: 'recorded' as const, summary: 'The run was interrupted before an engine was ready.' };
    const isResumed = kept !== undefined && this.engineFacts !== undefined;
    return {
      ...facts,
      ...(isResumed ? { summary: `${facts.summary} (resumed: some of the results are of run ${kept.run})` } : {}),
      ...(playOptions.jobs === undefined ? {} : { jobs: playOptions.jobs }),
    };
  }

  private async playCandidate(candidate: Candidate, engine: PreparedEngine | undefined): Promise<ServerResults> {
    const { cases, signal, staged, workspace } = this.options;
    const { server, slug, expectations } = candidate;
    const kept = this.settings.kept?.agents.get(server.agent);
    const wanted = withoutSkipped(cases, expectations);
    const toPlay = wanted.filter((id) => !kept?.files.has(id));
    const canPlay = toPlay.length > 0 && engine !== undefined && !signal.aborted && !this.bail?.enough.aborted;
    if (!canPlay && !kept?.files.size) {
      const why = toPlay.length === 0 ? 'it is skipped' : signal.aborted ? INTERRUPTED : BAILED;
      this.isCut ||= why === BAILED;
      return this.unplayed(candidate, why);
    }
    const folder = join(staged, 'results', slug);
    makeFolder(folder);
    const earlier = new Set(wanted.filter((id) => kept?.files.has(id)));
    if (kept !== undefined) addResults(server.agent, kept.folder, folder, earlier);
    // The engine's results go to an empty folder and are merged with the kept ones afterwards.
    const playFolder = kept === undefined ? folder : join(workspace.folder, 'played', slug);
    makeFolder(playFolder);
    const retries = this.retriesFor(server, folder);
    let run = notPlayed(server);
    if (canPlay) {
      this.settings.onServer(server, toPlay);
      this.snapshotOfCurrent = (into) => this.snapshotOf(candidate, kept, playFolder, wanted, into);
      run = await this.playOrExplain(engine, candidate, toPlay, playFolder, retries);
      this.snapshotOfCurrent = undefined;
    }
    if (kept !== undefined) addResults(server.agent, playFolder, folder);
    return this.collect(candidate, { folder, wanted, earlier, run, retries, kept });
  }

  private retriesFor(server: ServerConfig, folder: string): Retries | undefined {
    const { retries: limit, onEvent } = this.settings;
    if (limit === undefined) return undefined;
    const say = (text: string) => onEvent({ kind: 'note', text });
    return new Retries({ suite: this.suite, agent: server.agent, folder, limit, say });
  }

  /** Plays one server. A server that cannot be built or started becomes a Problem, and the run goes on. */
  private async playOrExplain(
    engine: PreparedEngine,
    { server, slug, expectations, ca }: Candidate,
    cases: readonly string[],
    folder: string,
    retries: Retries | undefined,
  ): Promise<SubjectRun> {
    const { staged, workspace, signal } = this.options;
    const { playOptions, patienceSeconds, strict, onEvent } = this.settings;
    const { timeoutSeconds, ...perBatch } = playOptions;
    const batches = new Batches({
      suite: this.suite,
      agent: server.agent,
      cases,
      folder,
      scratch: join(workspace.folder, 'portions', slug),
      playOptions: perBatch,
      recordsLive: engine.recordsLive,
      isUnexpected: (id, actual) =>
        stopsMerge(this.suite, { ...judgeOutcome(this.suite, id, actual, expectations.get(id)), actual }, strict),
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
      ...(ca === undefined ? {} : { ca }),
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
      onEvent: (event) => {
        batches.hear(event);
        onEvent(event);
      },
    };
    const from = Date.now();
    try {
      await build(server, workspace, log.replace(/server\.log$/, 'build.log'), signal);
      return await playSubject(engine, subject, workspace, signal);
    } catch (error) {
      const problems = signal.aborted ? [] : [toProblem(error, server.agent)];
      return { ...notPlayed(server), problems, recorded: { from, to: Date.now() } };
    }
  }

  /** Reads what one server has left and adds its problems. */
  private collect(
    candidate: Candidate,
    left: {
      folder: string;
      wanted: readonly string[];
      earlier: ReadonlySet<string>;
      run: SubjectRun;
      retries: Retries | undefined;
      kept: KeptResults | undefined;
    },
  ): ServerResults {
    const { cases, signal } = this.options;
    const { folder, wanted, earlier, run, retries, kept } = left;
    const { agent } = candidate.server;
    const isBailed = this.bail?.enough.aborted === true && !signal.aborted && run.problems.length === 0;
    const listed = isBailed ? listedCases(agent, folder) : undefined;
    this.isCut ||= listed !== undefined && wanted.some((id) => !listed.has(id));
    const read = readResults(this.suite, folder, {
      // Cases that --bail left out are not missing.
      cases: listed === undefined ? wanted : wanted.filter((id) => listed.has(id)),
      agents: [agent],
      extraIsFault: true,
      recorded: run.recorded,
      earlier,
    });
    if (this.engineFacts !== undefined) this.engineFacts = { ...this.engineFacts, ...run.facts };
    // If nothing was played at all, the problem of the run says enough.
    const isEmpty = run.problems.length > 0 && readdirSync(folder).length === 0;
    this.problems.push(...run.problems, ...(isEmpty ? [] : read.problems), ...(retries?.problems ?? []));
    return {
      ...this.unplayed(candidate, BAILED),
      url: run.url,
      output: new Map([...(kept?.output ?? []), ...run.output]),
      results: inPlanOrder(cases, read.agents[0]?.results ?? [], BAILED),
      ...(retries === undefined ? {} : { tries: retries.tries, leftOut: retries.leftOut }),
      ...(run.command === undefined ? {} : { command: run.command }),
    };
  }

  /** What is known now, for a checkpoint. */
  private async snapshot(into: string): Promise<CollectedResults> {
    const now = [...this.agents];
    if (this.snapshotOfCurrent !== undefined) now.push(await this.snapshotOfCurrent(into));
    const later = this.candidates.slice(now.length).map((candidate) => this.unplayed(candidate, NOT_YET));
    return { agents: [...now, ...later], problems: [...this.problems, UNDER_WAY], engine: this.facts() };
  }

  private async snapshotOf(
    candidate: Candidate,
    kept: KeptResults | undefined,
    playFolder: string,
    wanted: readonly string[],
    into: string,
  ): Promise<ServerResults> {
    const { agent, command } = candidate.server;
    const folder = join(into, 'results', candidate.slug);
    if (kept !== undefined) addResults(agent, playFolder, folder);
    const results = await this.readSlowly(folder, agent, wanted);
    return {
      ...this.unplayed(candidate, NOT_YET),
      results: inPlanOrder(this.options.cases, results, NOT_YET),
      // --resume compares the command to see that it continues with the same server.
      ...(command === undefined ? {} : { command: command.join(' ') }),
    };
  }

  /** Reads a folder that an engine still writes to, a few files at a time: the timers of running cases must not be late. */
  private async readSlowly(folder: string, agent: string, wanted: readonly string[]): Promise<Result[]> {
    const listed = listedCases(agent, folder);
    const ids = wanted.filter((id) => listed.has(id));
    const found: Result[] = [];
    for (let at = 0; at < ids.length; at += SNAPSHOT_FILES) {
      const cases = ids.slice(at, at + SNAPSHOT_FILES);
      const read = readResults(this.suite, folder, { cases, agents: [agent], extraIsFault: false });
      found.push(...(read.agents[0]?.results ?? []).filter(({ did }) => did === 'run'));
      await immediate();
    }
    return found;
  }

  private unplayed({ server, slug, expectations }: Candidate, why: string): ServerResults {
    const results = this.options.cases.map((id): Result => ({ did: 'not run', id, why }));
    return { server, slug, url: server.url ?? '', expectations, results };
  }
}

/** In a report that is written while the run goes on. */
const UNDER_WAY: Problem = {
  what: 'The run was still going on when this was written.',
  why: 'If the run is no longer going on, it was killed before it could write its final report.',
  todo: 'Wait for its end; or play the rest: run --resume, with the same arguments.',
};

/** The run of a server against which nothing was played. */
function notPlayed({ url = '', command }: ServerConfig): SubjectRun {
  return {
    url,
    ...(command === undefined ? {} : { command: command.join(' ') }),
    problems: [],
    output: new Map(),
    facts: {},
    recorded: { from: Date.now(), to: Date.now() },
  };
}

function interrupted(reason: unknown): Problem {
  return {
    what: 'The run was interrupted.',
    why: reason instanceof Error ? reason.message : String(reason),
    todo: 'Run again; nothing was left running.',
  };
}

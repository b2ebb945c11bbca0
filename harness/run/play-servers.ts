import type { EngineFacts, Problem } from '../../reports/document/report.ts';
import { slugOf } from '../../reports/document/slug.ts';
import type { Engine, PreparedEngine } from '../engines/engine.ts';
import { expectationsOf } from '../expectations/expectations-of.ts';
import type { Suite } from '../plan/suite.ts';
import { readCertificates } from '../subject/certificates.ts';
import { errorMessage } from '../support/error-message.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { Bail } from './bail.ts';
import type { CollectedResults, CollectOptions, ResultSource, ServerResults } from './collected-results.ts';
import type { PlaySettings } from './play-settings.ts';
import { refuseOtherEngine } from './resume.ts';
import { NOT_YET, type ServerInputs, ServerPlay, withoutResults } from './server-play.ts';

/**
 * Plays all servers, one after the other. Reads the expectation files and certificates of all servers first: an error
 * in a file must be reported before a server is started. If the signal aborts, the run ends and keeps the results so
 * far.
 * @returns a function that plays. It throws HarnessError with exit code 3 if the engine cannot run on this machine.
 * @throws HarnessError with exit code 2 for a wrong file.
 */
export function playServers(suite: Suite, engine: Engine, settings: PlaySettings, today: string): ResultSource {
  const servers = settings.servers.map((server) => ({
    server,
    slug: slugOf(server.agent),
    expectations: expectationsOf(suite, server, today),
    ca: server.caFile === undefined ? undefined : readCertificates(server.caFile, `"${server.name}"`),
  }));
  return (options) => new ServersPlay(suite, servers, settings, options).play(engine);
}

/** Plays all servers of one run and collects their results. */
class ServersPlay {
  private readonly suite: Suite;
  private readonly servers: readonly ServerInputs[];
  private readonly settings: PlaySettings;
  private readonly options: CollectOptions;
  private readonly bail: Bail | undefined;
  private readonly agents: ServerResults[] = [];
  private readonly problems: Problem[] = [];
  private engineFacts: EngineFacts | undefined;
  private current: ServerPlay | undefined;

  constructor(suite: Suite, servers: readonly ServerInputs[], settings: PlaySettings, options: CollectOptions) {
    this.suite = suite;
    this.servers = servers;
    this.settings = settings;
    this.options = options;
    this.bail = settings.bail === undefined ? undefined : new Bail(settings.bail);
  }

  async play(engine: Engine): Promise<CollectedResults> {
    const { signal, onStart } = this.options;
    const { earlierRun, retries } = this.settings;
    const prepared = await this.prepare(engine);
    if (prepared !== undefined && earlierRun !== undefined) refuseOtherEngine(earlierRun, prepared.facts);
    this.engineFacts = prepared?.facts;
    onStart?.((into) => this.snapshot(into));
    let isCutShort = false;
    for (const inputs of this.servers) {
      this.current = new ServerPlay(this.suite, inputs, this.settings, this.options, this.bail);
      const played = await this.current.play(prepared);
      this.current = undefined;
      if (this.engineFacts !== undefined) this.engineFacts = { ...this.engineFacts, ...played.facts };
      this.agents.push(played.results);
      this.problems.push(...played.problems);
      isCutShort ||= played.isCutShort;
    }
    if (signal.aborted) this.problems.unshift(interrupted(signal.reason));
    return {
      agents: this.agents,
      problems: this.problems,
      engine: this.facts(),
      ...omitUndefined({ bailLimit: isCutShort ? this.bail?.limit : undefined, retries }),
    };
  }

  /** Prepares the engine. @returns undefined if the run was interrupted meanwhile. */
  private async prepare(engine: Engine): Promise<PreparedEngine | undefined> {
    const { signal } = this.options;
    try {
      return await engine.prepare({ signal, onMessage: (message) => this.settings.onEvent(message) });
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  /** The facts about the engine for the report. */
  private facts(): EngineFacts {
    const { earlierRun, playOptions } = this.settings;
    const facts = this.engineFacts ??
      earlierRun?.engine ?? {
        name: 'recorded' as const,
        summary: 'The run was interrupted before an engine was ready.',
      };
    const isResumed = earlierRun !== undefined && this.engineFacts !== undefined;
    return {
      ...facts,
      ...(isResumed ? { summary: `${facts.summary} (resumed: some of the results are of run ${earlierRun.id})` } : {}),
      ...omitUndefined({ jobs: playOptions.jobs }),
    };
  }

  /** The results so far, for a checkpoint. */
  private async snapshot(into: string): Promise<CollectedResults> {
    const agents = [...this.agents];
    if (this.current?.isPlaying) agents.push(await this.current.snapshot(into));
    const later = this.servers
      .slice(agents.length)
      .map((inputs) => withoutResults(inputs, this.options.cases, NOT_YET));
    return { agents: [...agents, ...later], problems: [...this.problems, UNFINISHED], engine: this.facts() };
  }
}

/** A problem that each checkpoint (a partial report during the run) contains, because the run is not over. */
const UNFINISHED: Problem = {
  what: 'The run was still going on when this was written.',
  why: 'If the run is no longer going on, it was killed before it could write its final report.',
  todo: 'Wait until the run ends. To play only the other cases: run --resume, with the same arguments.',
};

function interrupted(reason: unknown): Problem {
  return {
    what: 'The run was interrupted.',
    why: errorMessage(reason),
    todo: 'Run again. No process of the run is still running.',
  };
}

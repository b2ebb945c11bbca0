import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import type { EngineFacts, Problem } from '../../reports/document/report.ts';
import { slugOf } from '../../reports/document/slug.ts';
import type { ServerConfig } from '../config/config.ts';
import type { Engine, Progress } from '../engines/engine.ts';
import { stopsMerge } from '../expectations/gate.ts';
import { judgeOutcome, withoutSkipped } from '../expectations/judge-cases.ts';
import { type Expectation, expectConformance, readExpectations } from '../expectations/read-expectations.ts';
import { build } from '../subject/build.ts';
import { readCertificates } from '../subject/certificates.ts';
import { conformantOutcome, suiteIds } from '../suites/autobahn/catalogue.ts';
import { type Result, readResults } from '../suites/autobahn/read-results.ts';
import { HarnessError, toProblem } from '../support/harness-error.ts';
import { makeFolder, writeError } from '../system/report-folder.ts';
import type { Workspace } from '../system/workspace.ts';
import { Bail } from './bail.ts';
import { Batches } from './batches.ts';
import { playServer, type ServerRun, type ServerRunOptions } from './play-one-server.ts';
import { addResults, indexResults, type Kept, listedIn, refuseOtherEngine } from './resume.ts';
import { Retries, type Tries } from './retries.ts';

/** One agent with what it answered and what it is held to, before it is judged. */
export interface ServerResults {
  server: ServerConfig;
  slug: string;
  url: string;
  command?: string;
  expectations: ReadonlyMap<string, Expectation>;
  results: readonly Result[];
  /** What was played again. */
  tries?: Tries;
  /** How many unexpected outcomes were not played again, since they are too many. */
  leftOut?: number;
  /** Case id → what the server printed meanwhile. */
  output?: ReadonlyMap<string, readonly string[]>;
}

/** Results of all agents, and what stands in the way of trusting them. */
export interface CollectedResults {
  answered: ServerResults[];
  problems: Problem[];
  engine: EngineFacts;
  /** At how many unexpected outcomes the run was ended, where it was. */
  bailed?: number;
  /** How often unexpected outcomes were to be played again. */
  retries?: number;
}

/** Where results come from: an engine that plays, or a folder that was left earlier. */
export type ResultSource = (
  cases: readonly string[],
  staged: string,
  workspace: Workspace,
  signal: AbortSignal,
  /** Is told, once, how to learn what is known by now; only a play has something to tell before its end. */
  soFar?: (look: Snapshot) => void,
) => Promise<CollectedResults>;

/**
 * What a run that goes on knows by now. `into` is a copy of the folder it plays into, as it was just before: what was
 * recorded elsewhere is added to it.
 */
export type Snapshot = (into: string) => Promise<CollectedResults>;

export interface PlaySettings {
  servers: readonly ServerConfig[];
  jobs?: number;
  patienceSeconds: number;
  timeoutSeconds?: number;
  /** What is kept of an earlier run instead of being played. */
  kept?: Kept;
  /** How often an unexpected outcome is played again at most; not at all when left out. */
  retries?: number;
  /** At how many unexpected outcomes the run ends; never when left out. */
  bail?: number;
  /** NON-STRICT is an unexpected outcome. */
  strict?: boolean;
  /** Before a server is started: which cases it is to be played. */
  onServer(server: ServerConfig, toPlay: readonly string[]): void;
  onProgress(server: ServerConfig | undefined, progress: Progress): void;
}

/**
 * Plays every server in turn. Expectation files and certificates are read at once, so that a wrong one costs no run.
 * An aborted signal ends the play in flight; what was recorded until then is kept, the rest is missing.
 * @throws HarnessError (2) for a wrong file of these; the Gather throws HarnessError (3) when the engine cannot run here.
 */
export function playServers(engine: Engine, settings: PlaySettings, today: string): ResultSource {
  const held = settings.servers.map((server) => ({
    server,
    slug: slugOf(server.agent),
    expectations: expectationsOf(server, today),
    ca: server.caFile === undefined ? undefined : readCertificates(server.caFile, `"${server.name}"`),
  }));
  return async (cases, staged, workspace, signal, soFar) => {
    const problems: Problem[] = [];
    const answered: ServerResults[] = [];
    const bail = settings.bail === undefined ? undefined : new Bail(settings.bail);
    let facts = await prepareUnlessAborted(engine, signal, (progress) => settings.onProgress(undefined, progress));
    if (facts !== undefined && settings.kept !== undefined) {
      refuseOtherEngine(settings.kept, facts);
      facts = { ...facts, summary: `${facts.summary} (resumed: some of the results are of run ${settings.kept.run})` };
    }
    const factsByNow = (): EngineFacts => {
      const known = facts ?? settings.kept?.engine;
      return {
        ...(known ?? { name: 'recorded', summary: 'The run was interrupted before an engine was ready.' }),
        ...(settings.jobs === undefined ? {} : { jobs: settings.jobs }),
      };
    };
    const unplayed = ({ server, slug, expectations }: (typeof held)[number], why: string): ServerResults => ({
      ...{ server, slug, url: server.url ?? '', expectations },
      results: cases.map((id) => ({ did: 'not run', id, why })),
    });
    /** Whether something was not played since there was enough. */
    let isCut = false;
    let look: ((into: string) => Promise<ServerResults>) | undefined;
    soFar?.(async (into) => {
      const now = [...answered];
      if (look !== undefined) now.push(await look(into));
      const later = held.slice(now.length).map((one) => unplayed(one, NOT_YET));
      return { answered: [...now, ...later], problems: [...problems, UNDER_WAY], engine: factsByNow() };
    });
    for (const one of held) {
      const { server, slug, expectations, ca } = one;
      const wanted = withoutSkipped(cases, expectations);
      const kept = settings.kept?.agents.get(server.agent);
      const toPlay = wanted.filter((id) => !kept?.files.has(id));
      const canPlay = toPlay.length > 0 && facts !== undefined && !signal.aborted && !bail?.enough.aborted;
      if (!canPlay && !kept?.files.size) {
        const why = toPlay.length === 0 ? 'it is skipped' : signal.aborted ? INTERRUPTED : BAILED;
        answered.push(unplayed(one, why));
        isCut ||= why === BAILED;
        continue;
      }
      const folder = join(staged, 'results', slug);
      makeFolder(folder);
      const earlier = new Set(wanted.filter((id) => kept?.files.has(id)));
      if (kept !== undefined) addResults(server.agent, kept.folder, folder, earlier);
      // An engine wants an empty folder.
      const playedIn = kept === undefined ? folder : join(workspace.folder, 'played', slug);
      makeFolder(playedIn);
      settings.onServer(server, toPlay);
      const { agent } = server;
      const retries =
        settings.retries === undefined
          ? undefined
          : new Retries(agent, folder, settings.retries, (text) => settings.onProgress(server, { kind: 'note', text }));
      const playing = new Batches({
        agent,
        cases: toPlay,
        folder: playedIn,
        scratch: join(workspace.folder, 'portions', slug),
        ...(settings.jobs === undefined ? {} : { jobs: settings.jobs }),
        isLive: facts?.name === 'native',
        isUnexpected: (id, actual) =>
          stopsMerge(
            { ...judgeOutcome(actual, expectations.get(id), conformantOutcome(id)), actual },
            settings.strict ?? false,
          ),
        bail,
        retries,
      });
      const order: ServerRunOptions = {
        server,
        parts: playing.parts(),
        log: join(staged, 'results', `${slug}.server.log`),
        ...(ca === undefined ? {} : { ca }),
        patienceSeconds: settings.patienceSeconds,
        ...(settings.timeoutSeconds === undefined ? {} : { timeoutSeconds: settings.timeoutSeconds }),
      };
      look = async (into) => {
        const there = join(into, 'results', slug);
        if (kept !== undefined) addResults(agent, playedIn, there);
        const results = await readWhatIsThere(there, agent, wanted);
        return {
          ...unplayed(one, NOT_YET),
          results: withSkipped(cases, results, NOT_YET),
          // By this --resume knows that it is the same server.
          ...(server.command === undefined ? {} : { command: server.command.join(' ') }),
        };
      };
      const played = canPlay
        ? await playOrExplain(engine, order, workspace, signal, (progress) => {
            playing.hear(progress);
            settings.onProgress(server, progress);
          })
        : unplayable(server);
      look = undefined;
      if (kept !== undefined) addResults(agent, playedIn, folder);
      const hadEnough = bail?.enough.aborted && !signal.aborted && played.problems.length === 0;
      const listed = hadEnough ? listedIn(agent, folder) : undefined;
      isCut ||= listed !== undefined && wanted.some((id) => !listed.has(id));
      const read = readResults(folder, {
        // What the user did not want to be played any more is not missing.
        cases: listed === undefined ? wanted : wanted.filter((id) => listed.has(id)),
        suite: suiteIds,
        agents: [agent],
        extraIsFault: true,
        recorded: played.recorded,
        earlier,
      });
      if (facts !== undefined) facts = { ...facts, ...played.facts };
      // Where nothing was played at all, the reason says enough.
      const leftNothing = played.problems.length > 0 && readdirSync(folder).length === 0;
      problems.push(...played.problems, ...(leftNothing ? [] : read.problems), ...(retries?.problems ?? []));
      answered.push({
        ...unplayed(one, BAILED),
        url: played.url,
        output: new Map([...(kept?.output ?? []), ...played.output]),
        results: withSkipped(cases, read.agents[0]?.results ?? [], BAILED),
        ...(retries === undefined ? {} : { tries: retries.tries, leftOut: retries.leftOut }),
        ...(played.command === undefined ? {} : { command: played.command }),
      });
    }
    if (signal.aborted) problems.unshift(interrupted(signal.reason));
    return {
      answered,
      problems,
      engine: factsByNow(),
      ...(bail !== undefined && isCut ? { bailed: bail.limit } : {}),
      ...(settings.retries === undefined ? {} : { retries: settings.retries }),
    };
  };
}

/** Why a case has no result. */
const [INTERRUPTED, BAILED, NOT_YET] = [
  'the run was interrupted before it',
  'the run was ended before it, as --bail says',
  'it was not over when this was written',
];

/** Of a report that is written while the run goes on. */
const UNDER_WAY: Problem = {
  what: 'The run was still going on when this was written.',
  why: 'If it no longer does, it was killed before it could say more.',
  todo: 'Wait for its end; or play the rest: run --resume, with the same arguments.',
};

/** The results in a folder to which an engine still adds. What is not whole yet is not there. */
async function readWhatIsThere(folder: string, agent: string, wanted: readonly string[]): Promise<Result[]> {
  const listed = listedIn(agent, folder);
  const there = wanted.filter((id) => listed.has(id));
  const found: Result[] = [];
  // Little by little, since cases are being played meanwhile, and their timers wait for nobody.
  for (let at = 0; at < there.length; at += READ_AT_ONCE) {
    const cases = there.slice(at, at + READ_AT_ONCE);
    const read = readResults(folder, { cases, suite: suiteIds, agents: [agent], extraIsFault: false });
    found.push(...(read.agents[0]?.results ?? []).filter(({ did }) => did === 'run'));
    await immediate();
  }
  return found;
}

const READ_AT_ONCE = 10;

async function prepareUnlessAborted(
  engine: Engine,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<EngineFacts | undefined> {
  try {
    return await engine.prepare({ signal, onProgress });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/**
 * Reads what an engine, or anybody's wstest, left in a folder, and copies it into the report. Each agent in it is held
 * to the expectation file of the configured server of that name; `only` holds all of them to one server's.
 */
export function readRecordedServers(
  folder: string,
  servers: readonly ServerConfig[],
  only: ServerConfig | undefined,
  today: string,
): ResultSource {
  return async (cases, staged) => {
    const read = readResults(folder, { cases, suite: suiteIds, extraIsFault: false });
    const gathered: CollectedResults = {
      answered: [],
      problems: [],
      engine: { name: 'recorded', summary: `read from the folder "${basename(folder)}"; nothing was played` },
    };
    for (const { agent, results } of read.agents) {
      const configured = only ?? servers.find((one) => one.agent === agent || one.name === agent);
      const server: ServerConfig = configured
        ? { ...configured, agent }
        : { name: agent, agent, path: '/', cwd: folder, env: {} };
      const expectations = expectationsOf(server, today);
      const slug = slugOf(agent);
      const into = join(staged, 'results', slug);
      copyResults(folder, into, results);
      const copied = results.flatMap((result) => (result.did === 'run' ? [result.detail.id] : []));
      indexResults(agent, folder, into, new Set(copied));
      gathered.answered.push({ server, slug, url: server.url ?? '', expectations, results });
      const skipped = new Set(cases.filter((id) => expectations.get(id)?.skip));
      for (const problem of read.problems)
        if (problem.agent === agent && !(problem.case !== undefined && skipped.has(problem.case)))
          gathered.problems.push(problem);
    }
    const agents = new Set(read.agents.map(({ agent }) => agent));
    gathered.problems.push(...read.problems.filter(({ agent }) => agent === undefined || !agents.has(agent)));
    return gathered;
  };
}

/** Conformance, with the deviations of the server's expectation file. @throws HarnessError (2). */
export function expectationsOf(server: ServerConfig, today: string): Map<string, Expectation> {
  const { expectedFile } = server;
  if (expectedFile === undefined) return expectConformance(suiteIds, conformantOutcome);
  const shown = relative(process.cwd(), expectedFile);
  let text: string;
  try {
    text = readFileSync(expectedFile, 'utf8');
  } catch (error) {
    throw new HarnessError(2, {
      what: `The expectation file of "${server.name}" cannot be read.`,
      where: shown,
      why: error instanceof Error ? error.message : String(error),
      todo: 'Check the path. To make the file from the last run: ws-conformance accept.',
    });
  }
  return readExpectations(text, shown, suiteIds, conformantOutcome, today);
}

/** A server that cannot be built or started is a Problem of the report, not the end of it. */
async function playOrExplain(
  engine: Engine,
  order: ServerRunOptions,
  workspace: Workspace,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<ServerRun> {
  const from = Date.now();
  try {
    await build(order.server, workspace, order.log.replace(/server\.log$/, 'build.log'), signal);
    return await playServer(engine, order, workspace, signal, onProgress);
  } catch (error) {
    const problems = signal.aborted ? [] : [toProblem(error, order.server.agent)];
    return { ...unplayable(order.server), problems, recorded: { from, to: Date.now() } };
  }
}

/** What comes of a server that nothing was played against. */
function unplayable({ url = '', command }: ServerConfig): ServerRun {
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

/** Puts the cases that were not to be played back into the plan's order. @param why they were not. */
export function withSkipped(
  cases: readonly string[],
  results: readonly Result[],
  why = 'it was not to be played',
): Result[] {
  const played = new Map(results.map((result) => [result.did === 'run' ? result.detail.id : result.id, result]));
  return cases.map((id) => played.get(id) ?? { did: 'not run', id, why });
}

function copyResults(from: string, to: string, results: readonly Result[]): void {
  makeFolder(to);
  try {
    for (const result of results)
      if (result.did === 'run') copyFileSync(join(from, result.file), join(to, basename(result.file)));
  } catch (error) {
    throw writeError(to, error);
  }
}

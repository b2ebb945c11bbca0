import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { EngineFacts, Problem } from '../reports/report.ts';
import { slugOf } from '../reports/slug.ts';
import { build } from './build.ts';
import { conformantOutcome, suiteIds } from './catalogue.ts';
import { readCertificates } from './certificates.ts';
import type { ServerConfig } from './config.ts';
import type { Engine, Progress } from './engine.ts';
import { type Expectation, expectConformance, readExpectations } from './expected.ts';
import { makeFolder, unwritable } from './place.ts';
import { asProblem, type Played, type PlayOrder, play } from './play.ts';
import { type Result, readResults } from './results.ts';
import { addResults, type Kept, refuseOtherEngine } from './resume.ts';
import { withoutSkipped } from './summarise.ts';
import { Trouble } from './trouble.ts';
import type { Workspace } from './workspace.ts';

/** One agent with what it answered and what it is held to, before it is judged. */
export interface Answered {
  server: ServerConfig;
  slug: string;
  url: string;
  command?: string;
  expectations: ReadonlyMap<string, Expectation>;
  results: readonly Result[];
  /** Case id → what the server printed meanwhile. */
  output?: ReadonlyMap<string, readonly string[]>;
}

/** Results of all agents, and what stands in the way of trusting them. */
export interface Gathered {
  answered: Answered[];
  problems: Problem[];
  engine: EngineFacts;
}

/** Where results come from: an engine that plays, or a folder that was left earlier. */
export type Gather = (
  cases: readonly string[],
  staged: string,
  workspace: Workspace,
  signal: AbortSignal,
) => Promise<Gathered>;

export interface PlaySettings {
  servers: readonly ServerConfig[];
  jobs?: number;
  patienceSeconds: number;
  timeoutSeconds?: number;
  /** What is kept of an earlier run instead of being played. */
  kept?: Kept;
  /** `cases`: how many of them will be played. */
  /** Before a server is started: which cases it is to be played. */
  onServer(server: ServerConfig, toPlay: readonly string[]): void;
  onProgress(server: ServerConfig | undefined, progress: Progress): void;
}

/**
 * Plays every server in turn. Expectation files and certificates are read at once, so that a wrong one costs no run.
 * An aborted signal ends the play in flight; what was recorded until then is kept, the rest is missing.
 * @throws Trouble (2) for a wrong file of these; the Gather throws Trouble (3) when the engine cannot run here.
 */
export function gatherByPlaying(engine: Engine, settings: PlaySettings, today: string): Gather {
  const held = settings.servers.map((server) => ({
    server,
    expectations: expectationsOf(server, today),
    ca: server.caFile === undefined ? undefined : readCertificates(server.caFile, `"${server.name}"`),
  }));
  return async (cases, staged, workspace, signal) => {
    const problems: Problem[] = [];
    const answered: Answered[] = [];
    let facts = await prepareUnlessAborted(engine, signal, (progress) => settings.onProgress(undefined, progress));
    if (facts !== undefined && settings.kept !== undefined) {
      refuseOtherEngine(settings.kept, facts);
      facts = { ...facts, summary: `${facts.summary} (resumed: some of the results are of run ${settings.kept.run})` };
    }
    for (const { server, expectations, ca } of held) {
      const slug = slugOf(server.agent);
      const missing = (why: string) => cases.map((id): Result => ({ did: 'not run', id, why }));
      const unplayed = { server, slug, url: server.url ?? '', expectations };
      const wanted = withoutSkipped(cases, expectations);
      const kept = settings.kept?.agents.get(server.agent);
      const toPlay = wanted.filter((id) => !kept?.files.has(id));
      const canPlay = toPlay.length > 0 && facts !== undefined && !signal.aborted;
      if (!canPlay && !kept?.files.size) {
        answered.push({
          ...unplayed,
          results: missing(toPlay.length === 0 ? 'it is skipped' : 'the run was interrupted before it'),
        });
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
      const order: PlayOrder = {
        server,
        cases: toPlay,
        folder: playedIn,
        log: join(staged, 'results', `${slug}.server.log`),
        ...(ca === undefined ? {} : { ca }),
        ...(settings.jobs === undefined ? {} : { jobs: settings.jobs }),
        patienceSeconds: settings.patienceSeconds,
        ...(settings.timeoutSeconds === undefined ? {} : { timeoutSeconds: settings.timeoutSeconds }),
      };
      const played = canPlay
        ? await playOrExplain(engine, order, workspace, signal, (progress) => settings.onProgress(server, progress))
        : unplayable(server);
      if (kept !== undefined) addResults(server.agent, playedIn, folder);
      const read = readResults(folder, {
        cases: wanted,
        suite: suiteIds,
        agents: [server.agent],
        extraIsFault: true,
        recorded: played.recorded,
        earlier,
      });
      if (facts !== undefined) facts = { ...facts, ...played.facts };
      // Where nothing was played at all, the reason says enough.
      const leftNothing = played.problems.length > 0 && readdirSync(folder).length === 0;
      problems.push(...played.problems, ...(leftNothing ? [] : read.problems));
      answered.push({
        ...unplayed,
        url: played.url,
        output: new Map([...(kept?.output ?? []), ...played.output]),
        results: withSkipped(cases, read.agents[0]?.results ?? []),
        ...(played.command === undefined ? {} : { command: played.command }),
      });
    }
    if (signal.aborted) problems.unshift(interrupted(signal.reason));
    const engineFacts = facts ??
      settings.kept?.engine ?? { name: 'recorded', summary: 'The run was interrupted before an engine was ready.' };
    return {
      answered,
      problems,
      engine: { ...engineFacts, ...(settings.jobs === undefined ? {} : { jobs: settings.jobs }) },
    };
  };
}

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
export function gatherFromFolder(
  folder: string,
  servers: readonly ServerConfig[],
  only: ServerConfig | undefined,
  today: string,
): Gather {
  return async (cases, staged) => {
    const read = readResults(folder, { cases, suite: suiteIds, extraIsFault: false });
    const gathered: Gathered = {
      answered: [],
      problems: [],
      engine: { name: 'recorded', summary: `Read from the folder "${basename(folder)}"; nothing was played.` },
    };
    for (const { agent, results } of read.agents) {
      const configured = only ?? servers.find((one) => one.agent === agent || one.name === agent);
      const server: ServerConfig = configured
        ? { ...configured, agent }
        : { name: agent, agent, path: '/', cwd: folder, env: {} };
      const expectations = expectationsOf(server, today);
      const slug = slugOf(agent);
      copyResults(folder, join(staged, 'results', slug), results);
      gathered.answered.push({ server, slug, url: server.url ?? '', expectations, results });
      const skipped = new Set(cases.filter((id) => expectations.get(id)?.skip));
      gathered.problems.push(
        ...read.problems.filter(
          (problem) => problem.agent === agent && !(problem.case !== undefined && skipped.has(problem.case)),
        ),
      );
    }
    const agents = new Set(read.agents.map(({ agent }) => agent));
    gathered.problems.push(...read.problems.filter(({ agent }) => agent === undefined || !agents.has(agent)));
    return gathered;
  };
}

/** Conformance, with the deviations of the server's expectation file. @throws Trouble (2). */
export function expectationsOf(server: ServerConfig, today: string): Map<string, Expectation> {
  const { expectedFile } = server;
  if (expectedFile === undefined) return expectConformance(suiteIds, conformantOutcome);
  const shown = relative(process.cwd(), expectedFile);
  let text: string;
  try {
    text = readFileSync(expectedFile, 'utf8');
  } catch (error) {
    throw new Trouble(2, {
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
  order: PlayOrder,
  workspace: Workspace,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Played> {
  const from = Date.now();
  try {
    await build(order.server, workspace, order.log.replace(/server\.log$/, 'build.log'), signal);
    return await play(engine, order, workspace, signal, onProgress);
  } catch (error) {
    const problems = signal.aborted ? [] : [asProblem(error, order.server.agent)];
    return { ...unplayable(order.server), problems, recorded: { from, to: Date.now() } };
  }
}

/** What comes of a server that nothing was played against. */
function unplayable({ url = '', command }: ServerConfig): Played {
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

/** Puts the cases that were not to be played back into the plan's order. */
export function withSkipped(cases: readonly string[], results: readonly Result[]): Result[] {
  const played = new Map(results.map((result) => [result.did === 'run' ? result.detail.id : result.id, result]));
  return cases.map((id) => played.get(id) ?? { did: 'not run', id, why: 'it was not to be played' });
}

function copyResults(from: string, to: string, results: readonly Result[]): void {
  makeFolder(to);
  try {
    for (const result of results)
      if (result.did === 'run') copyFileSync(join(from, result.file), join(to, basename(result.file)));
  } catch (error) {
    throw unwritable(to, error);
  }
}

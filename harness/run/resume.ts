import { join, resolve } from 'node:path';
import type { AgentReport, EngineFacts, Report } from '../../reports/document/report.ts';
import { suiteNames } from '../../reports/document/suite-facts.ts';
import type { ServerConfig } from '../config/config.ts';
import type { Suite } from '../plan/suite.ts';
import { readResults } from '../results/read-results.ts';
import { HarnessError } from '../support/harness-error.ts';

/** The results of one agent (tested server) that a resumed run keeps from the earlier run. */
export interface KeptResults {
  /** The agent's result folder in the earlier report. */
  folder: string;
  /** Case id → case file in `folder`. */
  files: ReadonlyMap<string, string>;
  /** Case id → lines that the server printed during the case. */
  output: ReadonlyMap<string, readonly string[]>;
}

/** A run that `--resume` continues. */
export interface EarlierRun {
  id: string;
  engine: EngineFacts;
  /** Agent (name of a server) → its kept results. Every agent of the run has an entry, even if no result is kept. */
  agents: ReadonlyMap<string, KeptResults>;
}

/** The servers, the planned cases and the commit of the run that resumes an earlier run. */
export interface ResumingRun {
  servers: readonly ServerConfig[];
  plan: readonly string[];
  commit: string | null;
}

/**
 * Finds the results of an earlier run that `--resume` keeps. Only the other cases are played.
 * @param out folder of the earlier report.
 * @throws HarnessError with exit code 2 if the runs have different suites, servers or commits, if the new plan lacks
 *   cases of the earlier plan, or if every case has a result already.
 */
export function resumeFrom(suite: Suite, report: Report, out: string, run: ResumingRun): EarlierRun {
  const why = explainMismatch(suite, report, run);
  if (why !== undefined) {
    throw new HarnessError(2, {
      what: 'The last run cannot be resumed: this would be another run.',
      where: resolve(out),
      why,
      todo: `Give the same arguments (the last run was: ${report.run.command}), or start a new run without --resume.`,
    });
  }
  const agents = new Map(report.agents.map((agent) => [agent.name, keptResults(suite, agent, report, out)]));
  const hasOpenCase = report.agents.some(({ name, cases }) => {
    const skipped = new Set(cases.filter(({ verdict }) => verdict === 'skipped').map(({ id }) => id));
    return run.plan.some((id) => !skipped.has(id) && !agents.get(name)?.files.has(id));
  });
  if (hasOpenCase) return { id: report.run.id, engine: report.engine, agents };
  throw new HarnessError(2, {
    what: 'There is nothing to resume: every case of the last run has a result.',
    where: resolve(out),
    why: report.gate.sentence,
    todo: 'Start a new run, without --resume.',
  });
}

/**
 * Checks that the run uses the engine that recorded the kept results.
 * @throws HarnessError with exit code 2 if another engine recorded them.
 */
export function refuseOtherEngine(earlierRun: EarlierRun, engine: EngineFacts): void {
  const isEmpty = [...earlierRun.agents.values()].every(({ files }) => files.size === 0);
  if (isEmpty || earlierRun.engine.name === engine.name) return;
  throw new HarnessError(2, {
    what: 'The last run cannot be resumed: another engine played it.',
    where: `run ${earlierRun.id}`,
    why: `It was "${earlierRun.engine.name}", and now it is "${engine.name}".`,
    todo: 'Choose that engine with --engine, or start a new run without --resume.',
  });
}

/** Explains why the results of two runs must not be combined; undefined if they can be combined. */
function explainMismatch(
  suite: Suite,
  { suites, agents, cases, run: { commit } }: Report,
  run: ResumingRun,
): string | undefined {
  if (!suites.some(({ id, version }) => id === suite.id && version === suite.version))
    return `It played ${suiteNames(suites)}, and now it is ${suite.title} ${suite.version}.`;
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
  const earlierNames = agents.map(({ name }) => name);
  const names = run.servers.map(({ agent }) => agent);
  if (earlierNames.length !== names.length || earlierNames.some((name) => !names.includes(name)))
    return `Its servers were ${quoted(earlierNames)}, and now they are ${quoted(names)}.`;
  const planned = new Set(run.plan);
  const lost = cases.find(({ id }) => !planned.has(id));
  if (lost !== undefined) return `It had case ${lost.id} in its plan, and this run does not.`;
  if (commit !== null && run.commit !== null && commit !== run.commit)
    return `It was of commit ${commit.slice(0, 12)}, and now it is ${run.commit.slice(0, 12)}.`;
  for (const agent of agents) {
    const server = run.servers.find((candidate) => candidate.agent === agent.name);
    // Without a result there is nothing to keep. The server may not have been reached, and then the report lacks its
    // address.
    if (server === undefined || !agent.cases.some(({ result }) => result !== null)) continue;
    const [was, is] =
      agent.command === undefined ? [agent.url, server.url] : [agent.command, server.command?.join(' ')];
    if (was !== is)
      return `"${agent.name}" was ${was}, and now it is ${is ?? server.url ?? server.command?.join(' ')}.`;
  }
  return undefined;
}

/**
 * The results of one agent (server) that a resumed run keeps: every result whose file is readable. If the server ended
 * or hung during the earlier run, only expected outcomes are kept, because the accident may have caused the others.
 */
function keptResults(suite: Suite, agent: AgentReport, report: Report, out: string): KeptResults {
  const folder = join(resolve(out), 'results', agent.slug);
  // `tail` is the last output of the server. Only a problem with the server's process has a `tail`; an interrupted run
  // has none.
  const hadAccident = report.problems.some(
    (problem) => problem.tail !== undefined && (problem.agent === undefined || problem.agent === agent.name),
  );
  const candidates = agent.cases.filter(
    // A case with several attempts (`tries`) is played again, because only the result of the first attempt could be
    // kept.
    ({ result, verdict, tries }) =>
      result !== null && (!hadAccident || verdict === 'same' || verdict === 'flaky') && tries === undefined,
  );
  const read = readResults(suite, folder, {
    cases: candidates.map(({ id }) => id),
    agents: [agent.name],
    extraIsFault: false,
  });
  const files = new Map(
    (read.agents[0]?.results ?? []).flatMap((result) =>
      result.did === 'run' ? [[result.id, result.file] as const] : [],
    ),
  );
  const output = new Map(
    candidates.flatMap(({ id, serverOutput }) =>
      serverOutput !== undefined && files.has(id) ? [[id, serverOutput] as const] : [],
    ),
  );
  return { folder, files, output };
}

import { join, resolve } from 'node:path';
import type { AgentReport, EngineFacts, Report } from '../../reports/document/report.ts';
import { suiteNames } from '../../reports/document/suite-facts.ts';
import type { ServerConfig } from '../config/config.ts';
import type { Suite } from '../plan/suite.ts';
import { readResults } from '../results/read-results.ts';
import { HarnessError } from '../support/harness-error.ts';

/** What of one agent's earlier results is kept. */
export interface KeptResults {
  /** Where they are: the results folder of the report that is resumed. */
  folder: string;
  /** Case id → its file there. */
  files: ReadonlyMap<string, string>;
  /** Case id → what the server printed meanwhile. */
  output: ReadonlyMap<string, readonly string[]>;
}

/** The part of an earlier run that need not be played again. */
export interface Kept {
  /** Id of the earlier run. */
  run: string;
  engine: EngineFacts;
  /** By name; every agent of the run is in it, be it with no result. */
  agents: ReadonlyMap<string, KeptResults>;
}

/**
 * What a run may keep of the report in `out`, whose missing cases it is to play.
 * @throws HarnessError (2) where the two would not be one run: another suite, other servers, another commit, a plan that
 * lacks cases of the earlier one; or where nothing is missing.
 */
export function keepFrom(
  suite: Suite,
  report: Report,
  out: string,
  run: { servers: readonly ServerConfig[]; plan: readonly string[]; commit: string | null },
): Kept {
  const why = differs(suite, report, run);
  if (why !== undefined) {
    throw new HarnessError(2, {
      what: 'The last run cannot be resumed: this would be another one.',
      where: resolve(out),
      why,
      todo: `Give the same arguments (it was: ${report.run.command}), or run anew without --resume.`,
    });
  }
  const agents = report.agents.map((agent) => [agent.name, keepOf(suite, agent, report, out)] as const);
  const open = report.agents.flatMap(({ name, cases }) => {
    const skipped = new Set(cases.filter(({ verdict }) => verdict === 'skipped').map(({ id }) => id));
    const kept = agents.find(([other]) => other === name)?.[1];
    return run.plan.filter((id) => !skipped.has(id) && !kept?.files.has(id));
  });
  if (open.length > 0) return { run: report.run.id, engine: report.engine, agents: new Map(agents) };
  throw new HarnessError(2, {
    what: 'There is nothing to resume: every case of the last run has a result.',
    where: resolve(out),
    why: report.gate.sentence,
    todo: 'Run anew, without --resume.',
  });
}

/** @throws HarnessError (2) when the results to be kept are another engine's. */
export function refuseOtherEngine(kept: Kept, engine: EngineFacts): void {
  const isEmpty = [...kept.agents.values()].every(({ files }) => files.size === 0);
  if (isEmpty || kept.engine.name === engine.name) return;
  throw new HarnessError(2, {
    what: 'The last run cannot be resumed: another engine played it.',
    where: `run ${kept.run}`,
    why: `It was "${kept.engine.name}", and now it is "${engine.name}".`,
    todo: 'Choose that engine with --engine, or run anew without --resume.',
  });
}

/** Why results of the two would not belong together; undefined where they do. */
function differs(
  suite: Suite,
  { suites, agents, cases, run: { commit } }: Report,
  run: { servers: readonly ServerConfig[]; plan: readonly string[]; commit: string | null },
): string | undefined {
  const before = suiteNames(suites);
  if (!suites.some(({ id, version }) => id === suite.id && version === suite.version))
    return `It played ${before}, and now it is ${suite.title} ${suite.version}.`;
  const names = (list: readonly string[]) => list.map((name) => `"${name}"`).join(', ');
  const agentsBefore = agents.map(({ name }) => name);
  const now = run.servers.map(({ agent }) => agent);
  if (agentsBefore.length !== now.length || agentsBefore.some((name) => !now.includes(name)))
    return `Its servers were ${names(agentsBefore)}, and now they are ${names(now)}.`;
  const planned = new Set(run.plan);
  const lost = cases.find(({ id }) => !planned.has(id));
  if (lost !== undefined) return `It had case ${lost.id} in its plan, which is not chosen now.`;
  if (commit !== null && run.commit !== null && commit !== run.commit)
    return `It was of commit ${commit.slice(0, 12)}, and now it is ${run.commit.slice(0, 12)}.`;
  for (const agent of agents) {
    const server = run.servers.find((one) => one.agent === agent.name);
    // A server that was not reached has no result to be kept, and its address or command is not known.
    if (server === undefined || !agent.cases.some(({ result }) => result !== null)) continue;
    const [was, is] =
      agent.command === undefined ? [agent.url, server.url] : [agent.command, server.command?.join(' ')];
    if (was !== is)
      return `"${agent.name}" was ${was}, and now it is ${is ?? server.url ?? server.command?.join(' ')}.`;
  }
  return undefined;
}

/**
 * The results of an agent that can be kept: all that are still there and can be read. Where a process ended or hung
 * that should not have, only those as expected: another one may be the work of the server's death, not its answer.
 */
function keepOf(suite: Suite, agent: AgentReport, report: Report, out: string): KeptResults {
  const folder = join(resolve(out), 'results', agent.slug);
  // Such a problem brings the last words of the process; an interruption or a missing result has none.
  const accident = report.problems.some(
    (problem) => problem.tail !== undefined && (problem.agent === undefined || problem.agent === agent.name),
  );
  const candidates = agent.cases.filter(
    // Of a case that came out differently when it was played again, one outcome alone would not tell.
    ({ result, verdict, tries }) =>
      result !== null && (!accident || verdict === 'same' || verdict === 'flaky') && tries === undefined,
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

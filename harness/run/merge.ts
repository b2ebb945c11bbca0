import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AgentReport, CaseInfo, CaseVerdict, Problem, Report } from '../../reports/document/report.ts';
import { slugOf } from '../../reports/document/slug.ts';
import { suiteNames } from '../../reports/document/suite-facts.ts';
import { plural } from '../../reports/wording/vocabulary.ts';
import type { ServerConfig } from '../config/config.ts';
import { expectationsOf } from '../expectations/expectations-of.ts';
import { type LaterAttempts, withoutSkipped } from '../expectations/judge-cases.ts';
import { caseIds, type Suite } from '../plan/suite.ts';
import { addResults } from '../results/copy-results.ts';
import { type RecordedResult, readResults } from '../results/read-results.ts';
import { HarnessError } from '../support/harness-error.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { makeFolder } from '../system/report-folder.ts';
import { inPlanOrder, type ResultSource, type ServerResults } from './collected-results.ts';
import { readRound, retryFolder } from './retries.ts';

/** The report of one shard, which is the part of a run that one machine played, and the folder of the report. */
export interface ShardReport {
  folder: string;
  report: Report;
}

/**
 * The plan of the whole run. A run with `--shard` writes this plan into the report of each shard (the part of one
 * machine). If the reports are of runs without `--shard`, they must together have all cases of the suite.
 * @throws HarnessError with exit code 2 if the shards are of different plans, or if a shard is given twice.
 */
export function planOfShards(suite: Suite, shards: readonly ShardReport[]): CaseInfo[] {
  const [first] = shards;
  const wholePlan = first?.report.run.shard?.plan;
  for (const { folder, report } of shards) {
    const { shard } = report.run;
    if (shard?.plan.join() !== wholePlan?.join())
      throw notOneRun(folder, 'It is a shard of another plan than the first.', 'Name the shards of one run.');
    const twin = shards.find((other) => other.folder !== folder && other.report.run.shard?.index === shard?.index);
    if (shard !== undefined && twin !== undefined)
      throw notOneRun(folder, `${twin.folder} is shard ${shard.index} of ${shard.count} too.`, 'Name each shard once.');
  }
  const planned = new Set(wholePlan ?? caseIds(suite));
  return suite.cases.filter(({ id }) => planned.has(id));
}

/**
 * Checks that the reports belong to one run.
 * @throws HarnessError with exit code 2 if the reports differ in suite, commit, engine or servers.
 */
export function requireSameRun(suite: Suite, shards: readonly ShardReport[]): void {
  const [first] = shards;
  if (first === undefined) return;
  const factsOf = (report: Report): Record<string, string> => ({
    suite: suiteNames(report.suites),
    commit: report.run.commit ?? 'unknown',
    engine: [report.engine.name, report.engine.digest].filter(Boolean).join(' '),
    servers: report.agents
      .map(({ name }) => name)
      .sort()
      .join(', '),
  });
  const firstFacts = factsOf(first.report);
  for (const { folder, report } of shards) {
    const facts = factsOf(report);
    const name = Object.keys(firstFacts).find((key) => firstFacts[key] !== facts[key]);
    if (name === undefined) continue;
    const why = `Its ${name}: ${facts[name]}; the first has ${firstFacts[name]}.`;
    throw notOneRun(folder, why, 'Merge shards of one run only.');
  }
  if (!first.report.suites.some(({ id, version }) => id === suite.id && version === suite.version)) {
    const why = `It played ${suiteNames(first.report.suites)}, and this is ${suite.title} ${suite.version}.`;
    throw notOneRun(first.folder, why, 'Run again with this version.');
  }
}

/**
 * Collects the results of all shards (parts of a run on different machines) as the results of one run. A planned case
 * that is in no shard counts as missing. A case with results in two shards is reported as a problem, and so is each
 * problem of a single shard.
 * @param serverOf finds the server of an agent name, whose expectations are compared with the outcomes.
 */
export function mergeShards(
  suite: Suite,
  shards: readonly ShardReport[],
  serverOf: (agent: AgentReport) => ServerConfig,
  today: string,
): ResultSource {
  const expected = (shards[0]?.report.agents ?? []).map((agent) => {
    const server = serverOf(agent);
    return { agent, server, expectations: expectationsOf(suite, server, today) };
  });
  return async ({ cases, staged }) => {
    const problems: Problem[] = [...absentShards(shards), ...shards.flatMap(({ report }) => report.problems)];
    const agents: ServerResults[] = [];
    for (const { agent, server, expectations } of expected) {
      const slug = slugOf(agent.name);
      const folder = join(staged, 'results', slug);
      makeFolder(folder);
      problems.push(...copyShards(agent, shards, folder));
      const wanted = withoutSkipped(cases, expectations);
      const read = readResults(suite, folder, { cases: wanted, agents: [agent.name], extraIsFault: true });
      const attempts = mergeAttempts(suite, agent, shards, folder);
      problems.push(...read.problems, ...attempts.problems);
      agents.push({
        server,
        slug,
        url: agent.url,
        ...omitUndefined({ command: agent.command }),
        expectations,
        results: inPlanOrder(cases, read.agents[0]?.results ?? []),
        laterAttempts: attempts.results,
        notRetried: notRetriedOf(agent, shards),
        output: outputOf(agent, shards),
      });
    }
    const [first] = shards;
    const engine = first?.report.engine ?? { name: 'recorded' as const, summary: '' };
    return {
      agents,
      problems,
      engine: { ...engine, summary: `${engine.summary} (${plural(shards.length, 'shard')}, merged)` },
      ...omitUndefined({ retries: first?.report.run.retries?.limit }),
    };
  };
}

/**
 * One problem for each shard of `--shard I/N` whose report was not given. Its cases are missing; the problem says why.
 */
function absentShards(shards: readonly ShardReport[]): Problem[] {
  const count = shards[0]?.report.run.shard?.count ?? 0;
  const present = new Set(shards.map(({ report }) => report.run.shard?.index));
  return Array.from({ length: count }, (_, i) => i + 1)
    .filter((index) => !present.has(index))
    .map((index) => ({
      what: `Shard ${index} of ${count} is missing.`,
      where: shards.map(({ folder }) => folder).join(', '),
      why: 'Its machine may have failed, or its report was not copied to this machine.',
      todo: `Run the shard (--shard ${index}/${count}), and merge all ${count} shards.`,
    }));
}

/**
 * Copies an agent's results of all shards into one folder. An agent is the name of a server in results.
 * @returns one problem for each case that two shards have.
 */
function copyShards(agent: AgentReport, shards: readonly ShardReport[], into: string): Problem[] {
  const problems: Problem[] = [];
  const folderOf = new Map<string, string>();
  for (const { folder, report } of shards) {
    const played = casesOf(report, agent.name).filter(({ result }) => result !== null);
    for (const { id } of played) {
      const earlierFolder = folderOf.get(id);
      if (earlierFolder !== undefined)
        problems.push({
          what: `Case ${id} is in two shards, and it is unknown which result counts.`,
          where: `${earlierFolder} and ${folder}`,
          why: 'Shards of one plan have no case in common.',
          todo: 'Merge the shards of one run, each once.',
          agent: agent.name,
          case: id,
        });
      folderOf.set(id, folder);
    }
    const from = resultFolder(folder, agent);
    if (played.length > 0 && existsSync(from)) addResults(agent.name, from, into, new Set(played.map(({ id }) => id)));
  }
  return problems;
}

/** Copies the results of repeated cases from all shards (parts of the run) into one folder, and reads the copies. */
function mergeAttempts(
  suite: Suite,
  agent: AgentReport,
  shards: readonly ShardReport[],
  into: string,
): { results: LaterAttempts; problems: Problem[] } {
  const results = new Map<string, RecordedResult[]>();
  const problems: Problem[] = [];
  const roundsOf = ({ tries = [] }: CaseVerdict) => Math.max(0, tries.length - 1);
  const retried = shards.map(({ folder, report }) => ({
    folder,
    cases: casesOf(report, agent.name).filter((verdict) => roundsOf(verdict) > 0),
  }));
  const rounds = Math.max(0, ...retried.flatMap(({ cases }) => cases.map(roundsOf)));
  for (let round = 1; round <= rounds; round++) {
    const roundFolder = join(into, retryFolder(round));
    makeFolder(roundFolder);
    const ids: string[] = [];
    for (const { folder, cases } of retried) {
      const idsOfShard = cases.filter((verdict) => roundsOf(verdict) >= round).map(({ id }) => id);
      const from = join(resultFolder(folder, agent), retryFolder(round));
      addResults(agent.name, from, roundFolder, new Set(idsOfShard));
      ids.push(...idsOfShard);
    }
    const read = readRound(suite, into, agent.name, round, ids);
    problems.push(...read.problems);
    for (const [id, result] of read.results) results.set(id, [...(results.get(id) ?? []), result]);
  }
  return { results, problems };
}

/** How many unexpected outcomes of an agent (tested server) were not repeated, because there were too many. */
function notRetriedOf({ name }: AgentReport, shards: readonly ShardReport[]): number {
  return shards
    .flatMap(({ report }) => report.run.retries?.leftOut ?? [])
    .filter(({ agent }) => agent === name)
    .reduce((sum, { cases }) => sum + cases, 0);
}

/** Case id → lines that the server printed during the case, from all shards (parts of the run). */
function outputOf({ name }: AgentReport, shards: readonly ShardReport[]): Map<string, readonly string[]> {
  return new Map(
    shards.flatMap(({ report }) =>
      casesOf(report, name).flatMap(({ id, serverOutput }) =>
        serverOutput === undefined ? [] : [[id, serverOutput] as const],
      ),
    ),
  );
}

const casesOf = ({ agents }: Report, name: string) => agents.find((agent) => agent.name === name)?.cases ?? [];

const resultFolder = (report: string, { name }: AgentReport): string => join(resolve(report), 'results', slugOf(name));

function notOneRun(folder: string, why: string, todo: string): HarnessError {
  return new HarnessError(2, { what: 'These are not shards of one run.', where: folder, why, todo });
}

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AgentReport, CaseInfo, Problem, Report } from '../../reports/document/report.ts';
import { slugOf } from '../../reports/document/slug.ts';
import { suiteNames } from '../../reports/document/suite-facts.ts';
import { plural } from '../../reports/wording/vocabulary.ts';
import type { ServerConfig } from '../config/config.ts';
import { expectationsOf } from '../expectations/expectations-of.ts';
import { type Tries, withoutSkipped } from '../expectations/judge-cases.ts';
import { caseIds, type Suite } from '../plan/suite.ts';
import { addResults } from '../results/copy-results.ts';
import { type RecordedResult, readResults } from '../results/read-results.ts';
import { HarnessError } from '../support/harness-error.ts';
import { makeFolder } from '../system/report-folder.ts';
import { inPlanOrder, type ResultSource, type ServerResults } from './collected-results.ts';
import { readRound, retryFolder } from './retries.ts';

/** A report that is one share of a run, and the folder it lies in. */
export interface Share {
  folder: string;
  report: Report;
}

/**
 * The cases that the shares must have played between them: what `--shard` noted in each of them, or, of shares that
 * were chosen by hand, the whole suite.
 * @throws HarnessError (2) when they are shares of different plans, or one share is there twice.
 */
export function planOfShares(suite: Suite, shares: readonly Share[]): CaseInfo[] {
  const [first] = shares;
  const whole = first?.report.run.shard?.plan;
  for (const { folder, report } of shares) {
    const { shard } = report.run;
    if (shard?.plan.join() !== whole?.join())
      throw unlike(folder, 'It is a share of another plan than the first.', 'Name the shares of one run.');
    const twin = shares.find((one) => one.folder !== folder && one.report.run.shard?.index === shard?.index);
    if (shard !== undefined && twin !== undefined)
      throw unlike(folder, `${twin.folder} is share ${shard.index} of ${shard.count} too.`, 'Name each share once.');
  }
  const planned = new Set(whole ?? caseIds(suite));
  return suite.cases.filter(({ id }) => planned.has(id));
}

/** @throws HarnessError (2) where results of the shares would not belong together: another suite, commit, engine or server. */
export function refuseUnlike(suite: Suite, shares: readonly Share[]): void {
  const [first] = shares;
  if (first === undefined) return;
  const facts = (report: Report): Record<string, string> => ({
    suite: suiteNames(report.suites),
    commit: report.run.commit ?? 'unknown',
    engine: [report.engine.name, report.engine.digest].filter(Boolean).join(' '),
    servers: report.agents
      .map(({ name }) => name)
      .sort()
      .join(', '),
  });
  const wanted = facts(first.report);
  for (const { folder, report } of shares) {
    const has = facts(report);
    const at = Object.keys(wanted).find((fact) => wanted[fact] !== has[fact]);
    if (at === undefined) continue;
    throw unlike(folder, `Its ${at}: ${has[at]}; the first has ${wanted[at]}.`, 'Merge shares of one run only.');
  }
  if (!first.report.suites.some(({ id, version }) => id === suite.id && version === suite.version)) {
    const why = `It played ${suiteNames(first.report.suites)}, and this is ${suite.title} ${suite.version}.`;
    throw unlike(first.folder, why, 'Run again with this version.');
  }
}

/**
 * The results of all shares as those of one run. Each case of the plan must be in exactly one share: what none has is
 * missing, what two have is a problem, and so is what was a problem in a share.
 * @param serverOf whom an agent's outcomes are held to.
 */
export function mergeShards(
  suite: Suite,
  shares: readonly Share[],
  serverOf: (agent: AgentReport) => ServerConfig,
  today: string,
): ResultSource {
  const held = (shares[0]?.report.agents ?? []).map((agent) => {
    const server = serverOf(agent);
    return { agent, server, expectations: expectationsOf(suite, server, today) };
  });
  return async ({ cases, staged }) => {
    const problems: Problem[] = [...absentShares(shares), ...shares.flatMap(({ report }) => report.problems)];
    const agents: ServerResults[] = [];
    for (const { agent, server, expectations } of held) {
      const slug = slugOf(agent.name);
      const folder = join(staged, 'results', slug);
      makeFolder(folder);
      problems.push(...putTogether(agent, shares, folder));
      const wanted = withoutSkipped(cases, expectations);
      const read = readResults(suite, folder, { cases: wanted, agents: [agent.name], extraIsFault: true });
      problems.push(...read.problems);
      agents.push({
        server,
        slug,
        url: agent.url,
        ...(agent.command === undefined ? {} : { command: agent.command }),
        expectations,
        results: inPlanOrder(cases, read.agents[0]?.results ?? []),
        tries: triesOf(suite, agent, shares, folder, problems),
        leftOut: shares
          .flatMap(({ report }) => report.run.retries?.leftOut ?? [])
          .reduce((sum, one) => sum + (one.agent === agent.name ? one.cases : 0), 0),
        output: new Map(
          shares.flatMap(({ report }) =>
            casesOf(report, agent.name).flatMap(({ id, serverOutput }) =>
              serverOutput === undefined ? [] : [[id, serverOutput] as const],
            ),
          ),
        ),
      });
    }
    const [first] = shares;
    const limit = first?.report.run.retries?.limit;
    const engine = first?.report.engine ?? { name: 'recorded' as const, summary: '' };
    return {
      agents,
      problems,
      engine: { ...engine, summary: `${engine.summary} (${plural(shares.length, 'share')}, merged)` },
      ...(limit === undefined ? {} : { retries: limit }),
    };
  };
}

/** A problem for each share that `--shard I/N` promised and nobody brought; their cases would else only be missing. */
function absentShares(shares: readonly Share[]): Problem[] {
  const count = shares[0]?.report.run.shard?.count ?? 0;
  const there = new Set(shares.map(({ report }) => report.run.shard?.index));
  return Array.from({ length: count }, (_, i) => i + 1)
    .filter((index) => !there.has(index))
    .map((index) => ({
      what: `Share ${index} of ${count} is missing.`,
      where: shares.map(({ folder }) => folder).join(', '),
      why: 'Its machine may have failed, or its report was not brought here.',
      todo: `Play it (--shard ${index}/${count}), and merge all ${count}.`,
    }));
}

/** Copies an agent's results of all shares into one folder. @returns a problem for each case that two shares have. */
function putTogether(agent: AgentReport, shares: readonly Share[], into: string): Problem[] {
  const problems: Problem[] = [];
  const foundIn = new Map<string, string>();
  for (const { folder, report } of shares) {
    const played = casesOf(report, agent.name).filter(({ result }) => result !== null);
    for (const { id } of played) {
      const before = foundIn.get(id);
      if (before !== undefined)
        problems.push({
          what: `Case ${id} is in two shares; which of them counts cannot be told.`,
          where: `${before} and ${folder}`,
          why: 'Shares of one plan have no case in common.',
          todo: 'Merge the shares of one run, each once.',
          agent: agent.name,
          case: id,
        });
      foundIn.set(id, folder);
    }
    const from = join(resolve(folder), 'results', slugOf(agent.name));
    if (played.length > 0 && existsSync(from)) addResults(agent.name, from, into, new Set(played.map(({ id }) => id)));
  }
  return problems;
}

/** What the shares played again, with its files brought into `into`. */
function triesOf(suite: Suite, agent: AgentReport, shares: readonly Share[], into: string, problems: Problem[]): Tries {
  const tries = new Map<string, RecordedResult[]>();
  const all = shares.map(({ folder, report }) => ({
    folder,
    again: casesOf(report, agent.name).filter((one) => one.tries !== undefined),
  }));
  const rounds = Math.max(0, ...all.flatMap(({ again }) => again.map((one) => (one.tries?.length ?? 1) - 1)));
  for (let n = 1; n <= rounds; n++) {
    const there = join(into, retryFolder(n));
    makeFolder(there);
    const ids: string[] = [];
    for (const { folder, again } of all) {
      const some = again.filter((one) => (one.tries?.length ?? 0) > n).map(({ id }) => id);
      const from = join(resolve(folder), 'results', slugOf(agent.name), retryFolder(n));
      addResults(agent.name, from, there, new Set(some));
      ids.push(...some);
    }
    const read = readRound(suite, into, agent.name, n, ids);
    problems.push(...read.problems);
    for (const [id, ran] of read.tries) tries.set(id, [...(tries.get(id) ?? []), ran]);
  }
  return tries;
}

const casesOf = ({ agents }: Report, name: string) => agents.find((agent) => agent.name === name)?.cases ?? [];

function unlike(folder: string, why: string, todo: string): HarnessError {
  return new HarnessError(2, { what: 'These are not shares of one run.', where: folder, why, todo });
}

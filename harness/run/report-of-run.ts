import { cpus } from 'node:os';
import { join, relative } from 'node:path';
import type { DetailOf } from '../../reports/document/files.ts';
import type { AgentReport, Problem, Report } from '../../reports/document/report.ts';
import { decide } from '../expectations/gate.ts';
import { judgeCases } from '../expectations/judge-cases.ts';
import { type Suite, suiteFacts } from '../plan/suite.ts';
import type { CiFacts } from '../reporting/ci-facts.ts';
import { TOOL } from '../support/identity.ts';
import { Interruption } from '../support/interruption.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import type { CollectedResults, ServerResults } from './collected-results.ts';
import { retriesOf } from './retries.ts';
import type { RunOptions } from './run-options.ts';

/** The facts about a run that are known without its results, for example its id. */
export interface RunFacts {
  id: string;
  started: Date;
  durationMs: number;
  commit: string | null;
  dirty: boolean | null;
  /** Aborted if the run was interrupted. */
  signal: AbortSignal;
  /** In the paths of a problem, replaces the folder of the unfinished report by the final folder. */
  atFinalPlace(problem: Problem): Problem;
}

/** Compares the collected results with their expectations, decides whether the run passed, and makes the report. */
export function reportOfRun(suite: Suite, options: RunOptions, collected: CollectedResults, facts: RunFacts): Report {
  const { problems, engine, bailLimit, retries } = collected;
  const agents = collected.agents.map((results) => agentReport(suite, results));
  const verdicts = agents.flatMap(({ cases }) => cases);
  const gate = decide(suite, verdicts, problems, { strict: options.strict, bail: bailLimit });
  return {
    schemaVersion: 1,
    tool: TOOL,
    run: {
      id: facts.id,
      started: facts.started.toISOString(),
      durationMs: facts.durationMs,
      command: options.command,
      commit: facts.commit,
      dirty: facts.dirty,
      ...omitUndefined({
        rerun: options.rerun && [...options.rerun],
        ci: options.ci && ciJobOf(options.ci),
        shard: options.shard,
        retries: retries === undefined ? undefined : retriesOf(retries, collected.agents, agents),
        bail: bailLimit === undefined ? undefined : { limit: bailLimit },
      }),
      host: { platform: `${process.platform} ${process.arch}`, node: process.version, cpus: cpus().length },
    },
    engine,
    suites: [suiteFacts(suite)],
    gate:
      facts.signal.reason instanceof Interruption
        ? { ...gate, decision: 'undecided', exitCode: facts.signal.reason.exitCode }
        : gate,
    problems: problems.map(facts.atFinalPlace),
    cases: [...options.plan],
    agents,
  };
}

/** The facts about the CI job, without the commit. The report has the commit in another field. */
const ciJobOf = ({ commit: _, ...job }: CiFacts) => job;

function agentReport(suite: Suite, { server, slug, url, command, output, ...toJudge }: ServerResults): AgentReport {
  const resultPath = (file: string) => join('results', slug, file);
  return {
    name: server.agent,
    slug,
    url,
    ...omitUndefined({
      command,
      expectedFile: server.expectedFile && relative(process.cwd(), server.expectedFile),
    }),
    cases: judgeCases(suite, { ...toJudge, resultPath }).map((verdict) => {
      const lines = output?.get(verdict.id);
      return lines === undefined ? verdict : { ...verdict, serverOutput: [...lines] };
    }),
  };
}

/** Makes a function that finds a recorded case by agent and case id, for pages that show frames and handshakes. */
export function detailsOf({ agents }: CollectedResults): DetailOf {
  const details = new Map(
    agents.flatMap(({ slug, results }) =>
      results.flatMap((result) =>
        result.did === 'run' && result.detail !== undefined ? [[`${slug} ${result.id}`, result.detail] as const] : [],
      ),
    ),
  );
  return (slug, id) => details.get(`${slug} ${id}`);
}

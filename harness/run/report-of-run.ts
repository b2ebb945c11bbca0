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
import type { CollectedResults, ServerResults } from './collected-results.ts';
import { retriesOf } from './retries.ts';
import type { RunOptions } from './run-options.ts';

/** What is known about a run besides its results. */
export interface RunFacts {
  id: string;
  started: Date;
  durationMs: number;
  commit: string | null;
  dirty: boolean | null;
  /** Aborted if the run was interrupted. */
  signal: AbortSignal;
  /** Gives a problem the path that its file will have in the end. */
  atFinalPlace(problem: Problem): Problem;
}

/** Judges collected results and makes the Report. */
export function reportOfRun(suite: Suite, options: RunOptions, collected: CollectedResults, facts: RunFacts): Report {
  const { problems, engine, bailed, retries } = collected;
  const agents = collected.agents.map((results) => judgeAgent(suite, results));
  const verdicts = agents.flatMap(({ cases }) => cases);
  const gate = decide(suite, verdicts, problems, { strict: options.strict, bail: bailed });
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
      ...(options.rerun === undefined ? {} : { rerun: [...options.rerun] }),
      ...(options.ci === undefined ? {} : { ci: jobOf(options.ci) }),
      ...(options.shard === undefined ? {} : { shard: options.shard }),
      ...(retries === undefined ? {} : { retries: retriesOf(retries, collected.agents, agents) }),
      ...(bailed === undefined ? {} : { bail: { limit: bailed } }),
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

const jobOf = ({ commit: _, ...job }: CiFacts) => job;

function judgeAgent(suite: Suite, { server, slug, url, command, output, ...judged }: ServerResults): AgentReport {
  const resultPath = (file: string) => join('results', slug, file);
  return {
    name: server.agent,
    slug,
    url,
    ...(command === undefined ? {} : { command }),
    ...(server.expectedFile === undefined ? {} : { expectedFile: relative(process.cwd(), server.expectedFile) }),
    cases: judgeCases(suite, { ...judged, resultPath }).map((verdict) => {
      const lines = output?.get(verdict.id);
      return lines === undefined ? verdict : { ...verdict, serverOutput: [...lines] };
    }),
  };
}

/** The recorded cases that pages show in full, by agent and case. */
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

import { cpus } from 'node:os';
import { join, relative } from 'node:path';
import type { CaseDetail } from '../reports/detail.ts';
import type { HistoryLine } from '../reports/history.ts';
import type { History } from '../reports/html.ts';
import type { AgentReport, CaseInfo, Report } from '../reports/report.ts';
import { writeFiles } from '../reports/write.ts';
import { catalogue, conformantOutcome } from './catalogue.ts';
import type { CiFacts } from './ci.ts';
import { compareWithFirst } from './compare.ts';
import { SUITE } from './expectation-file.ts';
import { decide } from './gate.ts';
import type { Answered, Gather } from './gather.ts';
import { appendHistory, historyLineOf, readHistory } from './history.ts';
import { revision, TOOL } from './identity.ts';
import { placeReport, stageReport, unwritable } from './place.ts';
import { judge } from './summarise.ts';
import { cleanUpAfterTheDead, Workspace } from './workspace.ts';

/** What a run needs to know beside where its results come from. */
export interface RunOptions {
  plan: readonly CaseInfo[];
  /** Folder of the report; replaced as a whole when the new one is complete. */
  out: string;
  /** NON-STRICT fails. */
  strict: boolean;
  /** A command that plays the same again, for the report. */
  command: string;
  /** File to which the run is added, and from which the history is shown. */
  history?: string;
  /** The CI job we run in; see `ciFacts`. */
  ci?: CiFacts;
  /** Of what the plan is a share. */
  shard?: NonNullable<Report['run']['shard']>;
}

/** Why a run was ended early: a signal, and the exit code that says so. */
export class Interruption extends Error {
  readonly exitCode: number;

  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super(`It got ${signal}.`);
    this.name = 'Interruption';
    this.exitCode = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal];
  }
}

/**
 * The whole pipeline: plan → results → verdicts → decision → report. An interrupted run leaves a report too, and it
 * says INCOMPLETE.
 * @throws Trouble (2) or (3) when there is nothing to report on: no engine, or nowhere to write.
 */
export async function run(gather: Gather, options: RunOptions, signal: AbortSignal): Promise<Report> {
  cleanUpAfterTheDead();
  const started = new Date();
  const clock = performance.now();
  // Git is asked before we put a folder into the tree, and answers while the server starts.
  const { ci } = options;
  // In a container git may refuse to read a tree that is somebody else's; the CI knows what it checked out.
  const tree = revision().then((told) => ({ ...told, commit: told.commit ?? ci?.commit ?? null }));
  const staged = stageReport(options.out);
  const workspace = new Workspace();
  workspace.ownFolder(staged);
  // The pages and their templates are loaded while the server starts and the cases play.
  const rendering = Promise.all([
    import('../reports/renderers.ts'),
    import('../reports/html.ts'),
    import('../reports/compare-page.ts'),
  ]);
  rendering.catch(() => undefined);
  try {
    const { answered, problems, engine } = await gather(
      options.plan.map((info) => info.id),
      staged,
      workspace,
      signal,
    );
    const agents = answered.map(toAgent);
    const gate = decide(
      agents.flatMap((agent) => agent.cases),
      problems,
      options.strict,
    );
    const report: Report = {
      schemaVersion: 1,
      tool: TOOL,
      run: {
        id: `${started.toISOString().replace(/[-:.]/g, '')}-${process.pid}`,
        started: started.toISOString(),
        durationMs: Math.round(performance.now() - clock),
        command: options.command,
        ...(await tree),
        ...(ci === undefined ? {} : { ci: jobOf(ci) }),
        ...(options.shard === undefined ? {} : { shard: options.shard }),
        host: { platform: `${process.platform} ${process.arch}`, node: process.version, cpus: cpus().length },
      },
      engine,
      suite: { ...SUITE },
      gate:
        signal.reason instanceof Interruption
          ? { ...gate, decision: 'undecided', exitCode: signal.reason.exitCode }
          : gate,
      problems,
      cases: [...options.plan],
      agents,
    };
    const line = historyLineOf(report, catalogue);
    const past = options.history === undefined ? undefined : withLine(readHistory(options.history), line);
    const [{ renderers }, { html }, { comparePage }] = await rendering;
    try {
      const details = detailsOf(answered);
      // JSON comes last: a folder that holds it holds everything.
      const comparisons = compareWithFirst(report, conformantOutcome);
      const swapped = compareWithFirst(report, conformantOutcome, true);
      if (comparisons.length > 0)
        await writeFiles(staged, comparePage(comparisons, { a: details, b: details }, 'index.html', swapped));
      await writeFiles(staged, html(report, details, past));
      for (const form of ['junit', 'markdown', 'badge', 'json'] as const)
        await writeFiles(staged, renderers[form](report));
    } catch (error) {
      throw unwritable(options.out, error);
    }
    placeReport(staged, options.out);
    if (options.history !== undefined) appendHistory(options.history, line);
    return report;
  } finally {
    workspace.remove();
  }
}

const jobOf = ({ commit: _, ...job }: CiFacts) => job;

function withLine({ lines, unreadable }: ReturnType<typeof readHistory>, line: HistoryLine): History {
  return { lines: [...lines, line], unreadable, suite: catalogue };
}

function toAgent({ server, slug, url, command, expectations, results, output }: Answered): AgentReport {
  return {
    name: server.agent,
    slug,
    url,
    ...(command === undefined ? {} : { command }),
    ...(server.expectedFile === undefined ? {} : { expectedFile: relative(process.cwd(), server.expectedFile) }),
    cases: judge(results, expectations, conformantOutcome, (file) => join('results', slug, file)).map((one) => {
      const lines = output?.get(one.id);
      return lines === undefined ? one : { ...one, serverOutput: [...lines] };
    }),
  };
}

function detailsOf(answered: readonly Answered[]): (slug: string, id: string) => CaseDetail | undefined {
  const details = new Map(
    answered.flatMap(({ slug, results }) =>
      results.flatMap((result) =>
        result.did === 'run' ? [[`${slug} ${result.detail.id}`, result.detail] as const] : [],
      ),
    ),
  );
  return (slug, id) => details.get(`${slug} ${id}`);
}

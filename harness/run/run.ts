import { cpus } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import type { HistoryLine } from '../../reports/document/history.ts';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import type { AgentReport, CaseInfo, Problem, Report } from '../../reports/document/report.ts';
import type { History } from '../../reports/pages/html.ts';
import { SUITE } from '../expectations/expectation-file.ts';
import { decide } from '../expectations/gate.ts';
import { judgeCases } from '../expectations/judge-cases.ts';
import type { CiFacts } from '../reporting/ci-facts.ts';
import { appendHistory, historyLineOf, readHistory, tryHistory } from '../reporting/history.ts';
import { copyResults, loadPages, type Publication, publishPages, writeReport } from '../reporting/publish.ts';
import type { Reporter } from '../reporting/reporters.ts';
import { catalogue, conformantOutcome } from '../suites/autobahn/catalogue.ts';
import { HarnessError } from '../support/harness-error.ts';
import { TOOL } from '../support/identity.ts';
import { Interruption } from '../support/interruption.ts';
import { readRevision } from '../system/git-revision.ts';
import { createStagingFolder, publishStagedReport } from '../system/report-folder.ts';
import { removeStaleWorkspaces, Workspace } from '../system/workspace.ts';
import { Checkpoints } from './checkpoints.ts';
import type { CollectedResults, ResultSource, ServerResults } from './play-servers.ts';
import { retriesOf } from './retries.ts';

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
  /**
   * After so many seconds, and then whenever it has gone on for twice as long, the run puts what it knows into `out`,
   * for the case that it is killed; a minute at most lies between two of these. Never, when left out.
   */
  checkpointSeconds?: number;
  /** What is written, and where; all there is, into `out`, when left out. `report.json` and the results always are. */
  reporters?: readonly Reporter[];
  /** Of what the plan is a share. */
  shard?: NonNullable<Report['run']['shard']>;
}

/**
 * The whole pipeline: plan → results → verdicts → decision → report. An interrupted run leaves a report too, and it
 * says INCOMPLETE.
 * @throws HarnessError (2) or (3) when there is nothing to report on: no engine, or nowhere to write.
 */
export async function run(gather: ResultSource, options: RunOptions, signal: AbortSignal): Promise<Report> {
  removeStaleWorkspaces();
  const started = new Date();
  const clock = performance.now();
  // Git is asked before we put a folder into the tree, and answers while the server starts.
  const { ci } = options;
  // In a container git may refuse to read a tree that is somebody else's; the CI knows what it checked out.
  const tree = readRevision().then((told) => ({ ...told, commit: told.commit ?? ci?.commit ?? null }));
  // What is known at the end can be lost to what could have been known at the beginning.
  if (options.history !== undefined) tryHistory(options.history);
  const workspace = new Workspace();
  const staged = stagedIn(workspace, options.out);
  loadPages();
  const id = `${started.toISOString().replace(/[-:.]/g, '')}-${process.pid}`;
  const reportNow = async ({ answered, problems, engine, bailed, retries }: CollectedResults): Promise<Report> => {
    const agents = answered.map(toAgent);
    const gate = decide(
      agents.flatMap((agent) => agent.cases),
      problems,
      options.strict,
      bailed,
    );
    const playedAgain = retries === undefined ? undefined : retriesOf(retries, answered, agents);
    return {
      schemaVersion: 1,
      tool: TOOL,
      run: {
        id,
        started: started.toISOString(),
        durationMs: Math.round(performance.now() - clock),
        command: options.command,
        ...(await tree),
        ...(ci === undefined ? {} : { ci: jobOf(ci) }),
        ...(options.shard === undefined ? {} : { shard: options.shard }),
        ...(playedAgain === undefined ? {} : { retries: playedAgain }),
        ...(bailed === undefined ? {} : { bail: { limit: bailed } }),
        host: { platform: `${process.platform} ${process.arch}`, node: process.version, cpus: cpus().length },
      },
      engine,
      suite: { ...SUITE },
      gate:
        signal.reason instanceof Interruption
          ? { ...gate, decision: 'undecided', exitCode: signal.reason.exitCode }
          : gate,
      problems: problems.map((problem) => whereItWillBe(problem, staged, options.out)),
      cases: [...options.plan],
      agents,
    };
  };
  const publication = async (gathered: CollectedResults): Promise<Publication> => ({
    report: await reportNow(gathered),
    details: detailsOf(gathered.answered),
  });
  const checkpoints = new Checkpoints(options.checkpointSeconds, async (look) => {
    const folder = createStagingFolder(options.out);
    workspace.ownReport(folder, options.out);
    await copyResults(staged, folder);
    await writeReport(folder, await publication(await look(folder)), options.reporters);
    return () => publishStagedReport(folder, options.out);
  });
  try {
    const gathered = await gather(
      options.plan.map((info) => info.id),
      staged,
      workspace,
      signal,
      (look) => checkpoints.begin(look),
    );
    await checkpoints.end();
    const known = await publication(gathered);
    const { report } = known;
    const line = historyLineOf(report, catalogue);
    const whole =
      options.history === undefined ? known : { ...known, past: withLine(readHistory(options.history), line) };
    try {
      await writeReport(staged, whole, options.reporters);
      publishStagedReport(staged, options.out);
      await publishPages(options.out, whole, options.reporters, workspace);
      if (options.history !== undefined) appendHistory(options.history, line);
    } catch (error) {
      throw withDecision(error, report);
    }
    return report;
  } catch (error) {
    throw told(error, (problem) => whereItWillBe(problem, staged, options.out));
  } finally {
    await checkpoints.end();
    workspace.remove();
  }
}

/** The folder in which the report is made; nothing is left where it cannot be. */
function stagedIn(workspace: Workspace, out: string): string {
  try {
    const staged = createStagingFolder(out);
    workspace.ownReport(staged, out);
    return staged;
  } catch (error) {
    workspace.remove();
    throw error;
  }
}

/** What kept a report from being written, with what the run came to: a minute of play is not to be lost to a full disk. */
function withDecision(error: unknown, { gate }: Report): unknown {
  return told(error, (problem) => ({ ...problem, what: `${problem.what} The run came to this: ${gate.sentence}` }));
}

/** A HarnessError whose problem is told in another way; anything else as it is. */
function told(error: unknown, tell: (problem: Problem) => Problem): unknown {
  return error instanceof HarnessError
    ? new HarnessError(error.exitCode, tell(error.problem), { cause: error })
    : error;
}

/** A problem with a file of the report, which is put in its place only once it is whole. */
function whereItWillBe(problem: Problem, staged: string, out: string): Problem {
  const { where } = problem;
  if (where !== staged && !where?.startsWith(staged + sep)) return problem;
  return { ...problem, where: resolve(out) + where.slice(staged.length) };
}

const jobOf = ({ commit: _, ...job }: CiFacts) => job;

function withLine({ lines, unreadable }: ReturnType<typeof readHistory>, line: HistoryLine): History {
  return { lines: [...lines, line], unreadable, suite: catalogue };
}

function toAgent({ server, slug, url, command, expectations, results, tries, output }: ServerResults): AgentReport {
  return {
    name: server.agent,
    slug,
    url,
    ...(command === undefined ? {} : { command }),
    ...(server.expectedFile === undefined ? {} : { expectedFile: relative(process.cwd(), server.expectedFile) }),
    cases: judgeCases(results, expectations, conformantOutcome, (file) => join('results', slug, file), tries).map(
      (one) => {
        const lines = output?.get(one.id);
        return lines === undefined ? one : { ...one, serverOutput: [...lines] };
      },
    ),
  };
}

function detailsOf(answered: readonly ServerResults[]): (slug: string, id: string) => RecordedCase | undefined {
  const details = new Map(
    answered.flatMap(({ slug, results }) =>
      results.flatMap((result) =>
        result.did === 'run' ? [[`${slug} ${result.detail.id}`, result.detail] as const] : [],
      ),
    ),
  );
  return (slug, id) => details.get(`${slug} ${id}`);
}

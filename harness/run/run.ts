import type { Problem, Report } from '../../reports/document/report.ts';
import { type Suite, suiteFacts } from '../plan/suite.ts';
import { appendHistory, historyLineOf, readHistory, requireReadableHistory } from '../reporting/history.ts';
import { copyResults, loadPages, type Publication, publishPages, writeReport } from '../reporting/publish.ts';
import { HarnessError } from '../support/harness-error.ts';
import { readRevision } from '../system/git-revision.ts';
import { StagedReport } from '../system/staged-report.ts';
import { removeStaleWorkspaces, Workspace } from '../system/workspace.ts';
import { Checkpoints } from './checkpoints.ts';
import type { CollectedResults, ResultSource } from './collected-results.ts';
import { detailsOf, reportOfRun } from './report-of-run.ts';
import type { RunOptions } from './run-options.ts';

/**
 * Carries out a run: collects the results of the planned cases, compares them with expectations, decides, and writes
 * the report. An interrupted run writes a report too, which says INCOMPLETE.
 * @throws HarnessError with exit code 2 or 3 if no report is possible: there is no engine, or the report cannot be
 *   written.
 */
export async function run(
  suite: Suite,
  source: ResultSource,
  options: RunOptions,
  signal: AbortSignal,
): Promise<Report> {
  removeStaleWorkspaces();
  const started = new Date();
  const clock = performance.now();
  const { ci, history, reporters } = options;
  // git is asked for the commit now, before the report folder changes the working tree. In a container, git may refuse
  // to read the files of another user. Then the commit comes from the CI system.
  const tree = readRevision().then((found) => ({ ...found, commit: found.commit ?? ci?.commit ?? null }));
  // A bad path of the history file must fail now, and not after all cases have run.
  if (history !== undefined) requireReadableHistory(history);
  const workspace = new Workspace();
  const staged = createStaged(workspace, options.out);
  loadPages();
  const id = `${started.toISOString().replace(/[-:.]/g, '')}-${process.pid}`;
  const publication = async (collected: CollectedResults): Promise<Publication> => {
    const facts = {
      id,
      started,
      durationMs: Math.round(performance.now() - clock),
      ...(await tree),
      signal,
      atFinalPlace: (problem: Problem) => staged.atFinalPlace(problem),
    };
    return { suite, report: reportOfRun(suite, options, collected, facts), details: detailsOf(collected) };
  };
  const checkpoints = new Checkpoints(options.checkpointSeconds, async (snapshot) => {
    const checkpoint = new StagedReport(workspace, options.out);
    await copyResults(staged.path, checkpoint.path);
    await writeReport(checkpoint.path, await publication(await snapshot(checkpoint.path)), reporters);
    return () => checkpoint.publish();
  });
  try {
    const collected = await source({
      cases: options.plan.map((info) => info.id),
      staged: staged.path,
      workspace,
      signal,
      onStart: (snapshot) => checkpoints.begin(snapshot),
    });
    await checkpoints.end();
    const current = await publication(collected);
    const line = historyLineOf(current.report, suite.cases);
    const withPast = history === undefined ? current : { ...current, past: pastOf(readHistory(history), line, suite) };
    try {
      await writeReport(staged.path, withPast, reporters);
      staged.publish();
      await publishPages(options.out, withPast, reporters, workspace);
      if (history !== undefined) appendHistory(history, line);
    } catch (error) {
      throw withDecision(error, current.report);
    }
    return current.report;
  } catch (error) {
    throw changeProblem(error, (problem) => staged.atFinalPlace(problem));
  } finally {
    await checkpoints.end();
    workspace.remove();
  }
}

/** Creates the folder of the unfinished report. If this fails, removes the folder of temporary files too. */
function createStaged(workspace: Workspace, out: string): StagedReport {
  try {
    return new StagedReport(workspace, out);
  } catch (error) {
    workspace.remove();
    throw error;
  }
}

/**
 * Adds the decision of the run to the error that the report could not be written: even with a full disk, the user must
 * learn whether the run passed.
 */
function withDecision(error: unknown, { gate }: Report): unknown {
  return changeProblem(error, (problem) => ({
    ...problem,
    what: `${problem.what} The decision of the run: ${gate.sentence}`,
  }));
}

/** Changes the problem of a HarnessError. Returns any other error unchanged. */
function changeProblem(error: unknown, change: (problem: Problem) => Problem): unknown {
  return error instanceof HarnessError
    ? new HarnessError(error.exitCode, change(error.problem), { cause: error })
    : error;
}

/** The history for the history page: the lines of the history file, and the line of this run. */
function pastOf(
  { lines, unreadable }: ReturnType<typeof readHistory>,
  line: ReturnType<typeof historyLineOf>,
  suite: Suite,
): NonNullable<Publication['past']> {
  return { lines: [...lines, line], unreadable, suites: [suiteFacts(suite)], cases: suite.cases };
}

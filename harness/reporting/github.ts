import { appendFileSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Problem, Report } from '../../reports/document/report.ts';
import { type InRepository, problemCommand, workflowCommands } from '../../reports/formats/github.ts';
import { markdown } from '../../reports/formats/markdown.ts';
import { TOOL } from '../support/identity.ts';

/** Maximum size of a job summary, with the text that earlier tools wrote. GitHub drops a larger summary completely. */
const MAX_SUMMARY_BYTES = 1024 * 1024;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reports a run to GitHub Actions in two ways. The summary of the run is appended to the file of the step summary. The
 * annotations (messages at lines of files) are returned as text for stdout or stderr, which GitHub reads. If the
 * summary cannot be written, the run does not fail: the text then contains a warning.
 * @param summaryFile path of the step summary. Without a path there is no summary.
 */
export function github(report: Report, summaryFile: string | undefined, env: Env): string {
  return workflowCommands(report, inRepositoryOf(env)) + addSummary(report, summaryFile);
}

/**
 * An annotation (message) for GitHub about an error that ended the command before there was a report. Empty outside of
 * GitHub Actions.
 * @returns text for stdout or stderr.
 */
export function problemAnnotation(problem: Problem, env: Env): string {
  return env.GITHUB_ACTIONS === 'true' ? problemCommand(problem, TOOL.name, inRepositoryOf(env)) : '';
}

/**
 * Makes a function that converts a path in this tool, which starts at the working folder, to a path from the root of
 * the repository, as GitHub needs it in an annotation. A path outside of the repository becomes undefined.
 */
function inRepositoryOf({ GITHUB_WORKSPACE: workspace }: Env): InRepository {
  return (path) => {
    if (workspace === undefined || workspace === '') return path;
    const fromRoot = relative(workspace, resolve(path));
    return isAbsolute(fromRoot) || fromRoot.split(sep)[0] === '..' ? undefined : fromRoot.split(sep).join('/');
  };
}

/** Appends the summary to the file. @returns a warning for GitHub if this failed, otherwise an empty text. */
function addSummary(report: Report, path: string | undefined): string {
  if (path === undefined || path === '') return '';
  const text = [...markdown(report)].map(({ content }) => content).join('');
  try {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size + Buffer.byteLength(text) > MAX_SUMMARY_BYTES)
      return '::warning title=ws-conformance::The step summary would exceed the limit of GitHub. The file summary.md of the report contains the whole summary.\n';
    appendFileSync(path, text);
    return '';
  } catch {
    return '::warning title=ws-conformance::The step summary could not be written. The file summary.md of the report contains the whole summary.\n';
  }
}

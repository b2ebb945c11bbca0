import { appendFileSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Problem, Report } from '../../reports/document/report.ts';
import { type InRepository, problemCommand, workflowCommands } from '../../reports/formats/github.ts';
import { markdown } from '../../reports/formats/markdown.ts';
import { TOOL } from '../support/identity.ts';

/** GitHub drops a step's summary of more than 1 MiB whole, and other tools may have written to it before us. */
const MOST_BYTES = 1024 * 1024;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What GitHub Actions is told of a run: annotations, as text for a stream that the runner reads, and the summary,
 * appended to the file it names. A summary that cannot be written is no reason to fail a run: the text then says so, as
 * a warning.
 */
export function github(report: Report, summaryFile: string | undefined, env: Env): string {
  return workflowCommands(report, inRepositoryOf(env)) + addSummary(report, summaryFile);
}

/** What GitHub Actions is told of an error that ended a command before there was a report: one annotation. */
export function tellGithubOfProblem(problem: Problem, env: Env): string {
  return env.GITHUB_ACTIONS === 'true' ? problemCommand(problem, TOOL.name, inRepositoryOf(env)) : '';
}

/** GitHub names files from the root of the repository, we from where we were started. */
function inRepositoryOf({ GITHUB_WORKSPACE: workspace }: Env): InRepository {
  return (path) => {
    if (workspace === undefined || workspace === '') return path;
    const from = relative(workspace, resolve(path));
    return isAbsolute(from) || from.split(sep)[0] === '..' ? undefined : from.split(sep).join('/');
  };
}

function addSummary(report: Report, path: string | undefined): string {
  if (path === undefined || path === '') return '';
  const text = [...markdown(report)].map(({ content }) => content).join('');
  try {
    const before = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (before + Buffer.byteLength(text) > MOST_BYTES)
      return '::warning title=ws-conformance::The step summary is full already; summary.md of the report has it all.\n';
    appendFileSync(path, text);
    return '';
  } catch {
    return '::warning title=ws-conformance::The step summary could not be written; summary.md of the report has it all.\n';
  }
}

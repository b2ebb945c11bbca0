import { appendFileSync, statSync } from 'node:fs';
import { workflowCommands } from '../reports/github.ts';
import { markdown } from '../reports/markdown.ts';
import type { Report } from '../reports/report.ts';

/** GitHub drops a step's summary of more than 1 MiB whole, and other tools may have written to it before us. */
const MOST_BYTES = 1024 * 1024;

/**
 * What GitHub Actions is told of a run: annotations, as text for a stream that the runner reads, and the summary,
 * appended to the file it names. A summary that cannot be written is no reason to fail a run: the text then says so, as
 * a warning.
 */
export function github(report: Report, summaryFile: string | undefined): string {
  return workflowCommands(report) + addSummary(report, summaryFile);
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

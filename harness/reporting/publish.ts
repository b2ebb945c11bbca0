import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { DetailOf } from '../../reports/document/files.ts';
import type { Report } from '../../reports/document/report.ts';
import type { History } from '../../reports/pages/history-page.ts';
import { documentFormats, FORMATS, type ReportFormats } from '../../reports/renderers.ts';
import { writeFiles } from '../../reports/write.ts';
import type { Reporter } from '../config/reporter-names.ts';
import type { Suite } from '../plan/suite.ts';
import { writeError } from '../system/report-folder.ts';
import { StagedReport } from '../system/staged-report.ts';
import type { Workspace } from '../system/workspace.ts';
import { compareWithFirst } from './compare-reports.ts';
import { pageFolders, writesHere, writesPagesHere } from './reporters.ts';

/** A report with everything that its pages show. */
export interface Publication {
  suite: Suite;
  report: Report;
  details: DetailOf;
  past?: History;
}

let loading: ReturnType<typeof FORMATS.html.load> | undefined;

/** The pages and their templates; worth asking for early, so that they are loaded while cases play. */
export function loadPages(): NonNullable<typeof loading> {
  loading ??= FORMATS.html.load();
  loading.catch(() => undefined);
  return loading;
}

/**
 * Writes into `folder` what the reporters want to have in the report's own: pages, `junit.xml`, `summary.md`, and
 * `report.json`, which is always there.
 * @throws HarnessError (3).
 */
export async function writeReport(
  folder: string,
  publication: Publication,
  reporters: readonly Reporter[] | undefined,
  formats: ReportFormats = FORMATS,
): Promise<void> {
  const { html, comparePage } = await loadPages();
  const { suite, report, details, past } = publication;
  const documents = documentFormats(formats).filter(
    ({ name, always, with: other }) => always || writesHere(reporters, other ?? name),
  );
  try {
    if (writesPagesHere(reporters, formats)) {
      const comparisons = compareWithFirst(suite, report);
      const swapped = compareWithFirst(suite, report, true);
      if (comparisons.length > 0)
        await writeFiles(folder, comparePage(comparisons, { a: details, b: details }, 'index.html', swapped));
      const files = documents.map(({ file }) => file);
      await writeFiles(folder, html(report, details, past, files));
    }
    // report.json comes last: a folder that holds it holds everything.
    const last = documents.filter(({ always }) => always);
    for (const { render } of [...documents.filter(({ always }) => !always), ...last])
      await writeFiles(folder, render(report));
  } catch (error) {
    throw writeError(folder, error);
  }
}

/**
 * Makes the folders of pages that are wanted elsewhere. Each is a report of its own, with what was recorded.
 * @param from the report's folder, in its place. @throws HarnessError (3).
 */
export async function publishPages(
  from: string,
  publication: Publication,
  reporters: readonly Reporter[] | undefined,
  workspace: Workspace,
): Promise<void> {
  for (const elsewhere of pageFolders(reporters)) {
    const staged = new StagedReport(workspace, elsewhere);
    await copyResults(from, staged.path);
    await writeReport(staged.path, publication, [{ name: 'html' }]);
    staged.publish();
  }
}

/** Copies what was recorded from one report's folder into another's. @throws HarnessError (3). */
export async function copyResults(from: string, to: string): Promise<void> {
  if (!existsSync(join(from, 'results'))) return;
  try {
    await cp(join(from, 'results'), join(to, 'results'), { recursive: true });
  } catch (error) {
    throw writeError(to, error);
  }
}

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

/** A report, and what its pages show in addition: recorded cases and earlier runs. */
export interface Publication {
  suite: Suite;
  report: Report;
  details: DetailOf;
  past?: History;
}

/** Promise of the modules that render pages. Undefined until the first call of `loadPages`. */
let loading: ReturnType<typeof FORMATS.html.load> | undefined;

/** Loads the code and the templates of the HTML pages. An early call lets the code load while cases run. */
export function loadPages(): NonNullable<typeof loading> {
  loading ??= FORMATS.html.load();
  loading.catch(() => undefined);
  return loading;
}

/**
 * Writes the outputs that `--reporter` selects into the report folder, for example pages and `junit.xml`, and always
 * `report.json`.
 * @throws HarnessError with exit code 3 if a file cannot be written.
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
    // report.json is written last. Its presence shows that the report folder is complete.
    const last = documents.filter(({ always }) => always);
    for (const { render } of [...documents.filter(({ always }) => !always), ...last])
      await writeFiles(folder, render(report));
  } catch (error) {
    throw writeError(folder, error);
  }
}

/**
 * Writes the folders of `--reporter html=PATH`. Each folder is a complete report with the recorded results.
 * @param from the published report folder, which contains the recorded results.
 * @throws HarnessError with exit code 3 if a file cannot be written.
 */
export async function publishPages(
  from: string,
  publication: Publication,
  reporters: readonly Reporter[] | undefined,
  workspace: Workspace,
): Promise<void> {
  for (const folder of pageFolders(reporters)) {
    const staged = new StagedReport(workspace, folder);
    await copyResults(from, staged.path);
    await writeReport(staged.path, publication, [{ name: 'html' }]);
    staged.publish();
  }
}

/**
 * Copies the recorded results from one report folder to another.
 * @throws HarnessError with exit code 3 if a file cannot be copied.
 */
export async function copyResults(from: string, to: string): Promise<void> {
  if (!existsSync(join(from, 'results'))) return;
  try {
    await cp(join(from, 'results'), join(to, 'results'), { recursive: true });
  } catch (error) {
    throw writeError(to, error);
  }
}

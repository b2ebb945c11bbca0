import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { DetailOf } from '../../reports/document/files.ts';
import type { Report } from '../../reports/document/report.ts';
import type { History } from '../../reports/pages/history-page.ts';
import type { RendererName } from '../../reports/renderers.ts';
import { writeFiles } from '../../reports/write.ts';
import type { Reporter } from '../config/reporter-names.ts';
import type { Suite } from '../plan/suite.ts';
import { writeError } from '../system/report-folder.ts';
import { StagedReport } from '../system/staged-report.ts';
import type { Workspace } from '../system/workspace.ts';
import { compareWithFirst } from './compare-reports.ts';
import { pageFolders, writesHere } from './reporters.ts';

/** A report with everything that its pages show. */
export interface Publication {
  suite: Suite;
  report: Report;
  details: DetailOf;
  past?: History;
}

let loading: ReturnType<typeof load> | undefined;
const load = () =>
  Promise.all([
    import('../../reports/renderers.ts'),
    import('../../reports/pages/html.ts'),
    import('../../reports/pages/compare-page.ts'),
  ]);

/** The pages and their templates; worth asking for early, so that they are loaded while cases play. */
export function loadPages(): ReturnType<typeof load> {
  loading ??= load();
  loading.catch(() => undefined);
  return loading;
}

const FORMS = ['junit', 'markdown', 'badge'] as const satisfies readonly RendererName[];
/** What they write. */
const FILES = { junit: 'junit.xml', markdown: 'summary.md', badge: 'badge.svg' } as const;

/**
 * Writes into `folder` what the reporters want to have in the report's own: pages, `junit.xml`, `summary.md`, and
 * `report.json`, which is always there.
 * @throws HarnessError (3).
 */
export async function writeReport(
  folder: string,
  publication: Publication,
  reporters: readonly Reporter[] | undefined,
): Promise<void> {
  const [{ renderers }, { html }, { comparePage }] = await loadPages();
  const { suite, report, details, past } = publication;
  const forms = FORMS.filter((form) => writesHere(reporters, form === 'badge' ? 'html' : form));
  try {
    if (writesHere(reporters, 'html')) {
      const comparisons = compareWithFirst(suite, report);
      const swapped = compareWithFirst(suite, report, true);
      if (comparisons.length > 0)
        await writeFiles(folder, comparePage(comparisons, { a: details, b: details }, 'index.html', swapped));
      const beside = ['report.json', ...forms.map((form) => FILES[form])] as const;
      await writeFiles(folder, html(report, details, past, beside));
    }
    // JSON comes last: a folder that holds it holds everything.
    for (const form of [...forms, 'json'] as const) await writeFiles(folder, renderers[form](report));
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

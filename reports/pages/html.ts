import type { DetailOf, ReportFile } from '../document/files.ts';
import type { Report } from '../document/report.ts';
import { casePath } from '../wording/views.ts';
import { caseView } from './case-view.ts';
import { type History, historyPage, stripView } from './history-page.ts';
import { indexView } from './index-view.ts';
import { render } from './render.ts';

/**
 * Makes the HTML pages: the index page, one page for every planned case of every agent, and the history page if there
 * is a history. A case without a result has a page too. Each page contains everything that it needs, opens from disk,
 * and can be read without scripts. Only one page is in memory at a time.
 */
export function* html(
  report: Report,
  detailOf: DetailOf,
  history?: History,
  forms?: readonly string[],
): Generator<ReportFile> {
  yield { path: 'index.html', content: render('index', indexView(report, history !== undefined, forms)) };
  for (const agent of report.agents) {
    const strip = history === undefined ? undefined : stripView(history, agent.name);
    for (const [index, { id }] of report.cases.entries()) {
      const view = caseView(report, agent, index, detailOf(agent.slug, id), strip);
      yield { path: casePath(agent.slug, id), content: render('case', view) };
    }
  }
  if (history === undefined) return;
  const planned = new Set(report.cases.map(({ id }) => id));
  const pathOf = (name: string, id: string) => {
    const agent = report.agents.find((candidate) => candidate.name === name);
    return agent === undefined || !planned.has(id) ? null : casePath(agent.slug, id);
  };
  yield* historyPage(history, pathOf);
}

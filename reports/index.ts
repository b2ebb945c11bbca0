/** The library of reports: the document that is published as `report.json`, and the renderers of all its forms. */

import { html } from './pages/index.ts';
import { documentFormats, documentRenderers } from './renderers.ts';

export type { DetailOf, ReportFile } from './document/files.ts';
export {
  type AgentReport,
  type CaseInfo,
  type CaseVerdict,
  type Outcome,
  type Problem,
  type Report,
  reportSchema,
  VERDICTS,
  type Verdict,
} from './document/report.ts';
export type { OutcomeField, SuiteFacts } from './document/suite-facts.ts';
export { writeFiles } from './write.ts';

/** The HTML pages, with links to the files of all other forms. `forms` names the files that are in the same folder. */
const pages: typeof html = (report, detailOf, history, forms = documentFormats().map(({ file }) => file)) =>
  html(report, detailOf, history, forms);

/**
 * Renderers by name. Each function takes a report and returns its files; `html` also takes what was recorded of each
 * case.
 */
export const renderers = { ...documentRenderers, html: pages };

/** The library of reports: the document that is published as `report.json`, and renderers that turn it into files. */

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

/**
 * Makes the HTML pages. `forms` names other files of the report in the same folder, for example `junit.xml`; the pages
 * link to them.
 */
const pages: typeof html = (report, detailOf, history, forms = documentFormats().map(({ file }) => file)) =>
  html(report, detailOf, history, forms);

/** The renderers by name. Each function takes a report and returns files. `html` also takes the recorded cases. */
export const renderers = { ...documentRenderers, html: pages };

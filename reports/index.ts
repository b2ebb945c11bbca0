/** The report: the document as it is published in `report.json`, and each form it is rendered in. */

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

/** The pages, with links to the files of all other forms: `forms` names those that are in the same folder. */
const pages: typeof html = (report, detailOf, history, forms = documentFormats().map(({ file }) => file)) =>
  html(report, detailOf, history, forms);

/** Every form that is files, by name. Each function takes a report (`html` also what was recorded) and gives its files. */
export const renderers = { ...documentRenderers, html: pages };

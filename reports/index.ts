/** The report: the document as it is published in `report.json`, and each form it is rendered in. */

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
export { type RendererName, renderers } from './renderers.ts';
export { writeFiles } from './write.ts';

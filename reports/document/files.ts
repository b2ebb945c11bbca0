import type { RecordedCase } from './recorded-case.ts';

/** One file of a report. The field `path` is relative to the report's folder and uses `/` as separator. */
export interface ReportFile {
  path: string;
  content: string;
}

/** Looks up what an engine recorded about one case of one agent. Returns undefined if the engine recorded no result. */
export type DetailOf = (agentSlug: string, caseId: string) => RecordedCase | undefined;

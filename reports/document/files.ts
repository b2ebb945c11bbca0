import type { RecordedCase } from './recorded-case.ts';

/** One file of a report. `path` is relative to the report's folder, with `/` between its parts. */
export interface ReportFile {
  path: string;
  content: string;
}

/** Looks up the recorded case of an agent; undefined if the engine recorded no result for the case. */
export type DetailOf = (agentSlug: string, caseId: string) => RecordedCase | undefined;

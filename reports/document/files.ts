import type { RecordedCase } from './recorded-case.ts';

/** A file of the report. `path` is relative to the report's folder, with `/` between its parts. */
export interface ReportFile {
  path: string;
  content: string;
}

/** Fetches what an engine recorded of one case; undefined when it recorded nothing. */
export type DetailOf = (agentSlug: string, caseId: string) => RecordedCase | undefined;

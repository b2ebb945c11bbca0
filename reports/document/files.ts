import type { RecordedCase } from './recorded-case.ts';
import type { Report } from './report.ts';

/** A file of the report. `path` is relative to the report's folder, with `/` between its parts. */
export interface ReportFile {
  path: string;
  content: string;
}

/** Fetches what an engine recorded of one case; undefined when it recorded nothing. */
export type DetailOf = (agentSlug: string, caseId: string) => RecordedCase | undefined;

/**
 * A Report in, files out, one after the other: a renderer holds one page at a time, however many cases there are.
 * `detailOf` is asked at most once for each page.
 */
export type Renderer = (report: Report, detailOf: DetailOf) => Iterable<ReportFile>;

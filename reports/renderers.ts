import type { ReportFile } from './document/files.ts';
import type { Report } from './document/report.ts';
import { badge } from './formats/badge.ts';
import { json } from './formats/json.ts';
import { junit } from './formats/junit.ts';
import { markdown } from './formats/markdown.ts';
import { caseList, endBlock } from './formats/terminal.ts';
import type { Style } from './wording/terminal-text.ts';

/** A form of a report that is one text: a file in the report's folder, or on stdout. */
interface DocumentFormat {
  output: 'document';
  /** Name of the file in the report's folder. */
  file: string;
  render(report: Report): Iterable<ReportFile>;
  /** Written to the report's folder whatever is chosen, and after all other files. */
  always?: boolean;
  /** Not a choice of its own: written together with this reporter. */
  with?: string;
}

/** A form for people at a terminal. `pages` is the folder of the pages; undefined if no pages were written. */
interface TerminalFormat {
  output: 'terminal';
  render(report: Report, pages: string | undefined, style: Style): string;
}

/** A folder of pages. The pages load their templates, so they are loaded only if they are wanted. */
interface PagesFormat {
  output: 'pages';
  load(): Promise<typeof import('./pages/index.ts')>;
}

/** Commands to the runner of GitHub Actions, and a summary of the step. The harness writes both. */
interface GithubFormat {
  output: 'github';
}

export type ReportFormat = DocumentFormat | TerminalFormat | PagesFormat | GithubFormat;
/** Every form of a report by the name that `--reporter` takes. */
export type ReportFormats = Readonly<Record<string, ReportFormat>>;

/**
 * The reporters. Their names, files, help and configuration schema follow from this map, so a new reporter is a file in
 * `formats/` and a line here. Help lists the names in this order.
 */
export const FORMATS = {
  list: {
    output: 'terminal',
    render: (report, pages, style) => caseList(report, style) + endBlock(report, pages, style),
  },
  line: { output: 'terminal', render: endBlock },
  json: { output: 'document', file: 'report.json', render: json, always: true },
  junit: { output: 'document', file: 'junit.xml', render: junit },
  markdown: { output: 'document', file: 'summary.md', render: markdown },
  github: { output: 'github' },
  html: { output: 'pages', load: () => import('./pages/index.ts') },
  badge: { output: 'document', file: 'badge.svg', render: badge, with: 'html' },
} as const satisfies ReportFormats;

/** Names of the forms that are one text. */
type DocumentName = {
  [Name in keyof typeof FORMATS]: (typeof FORMATS)[Name] extends { output: 'document' } ? Name : never;
}[keyof typeof FORMATS];

/** The names that `--reporter` takes. */
export function reporterNames(formats: ReportFormats = FORMATS): string[] {
  return Object.entries(formats).flatMap(([name, format]) =>
    format.output === 'document' && format.with !== undefined ? [] : [name],
  );
}

/** The forms that are one text, with their names, in the order in which the index links to their files. */
export function documentFormats(formats: ReportFormats = FORMATS): (DocumentFormat & { name: string })[] {
  return Object.entries(formats).flatMap(([name, format]) =>
    format.output === 'document' ? [{ name, ...format }] : [],
  );
}

/** The functions of those forms by name: a report in, one file out. */
export const documentRenderers = Object.fromEntries(
  documentFormats().map(({ name, render }) => [name, render]),
) as Readonly<Record<DocumentName, DocumentFormat['render']>>;

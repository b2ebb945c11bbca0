import type { ReportFile } from './document/files.ts';
import type { Report } from './document/report.ts';
import { badge } from './formats/badge.ts';
import { json } from './formats/json.ts';
import { junit } from './formats/junit.ts';
import { markdown } from './formats/markdown.ts';
import { caseList, endBlock } from './formats/terminal.ts';
import type { Style } from './wording/terminal-text.ts';

/** A form of a report that is one text: a file in the report's folder, or the text on stdout. */
interface DocumentFormat {
  output: 'document';
  /** Name of the file in the report's folder. */
  file: string;
  render(report: Report): Iterable<ReportFile>;
  /** The file is written to the report's folder whatever the user chose, and after all other files. */
  always?: boolean;
  /** Name of the reporter that this form is written with. The user cannot choose such a form alone. */
  with?: string;
}

/** A form for the terminal. `pages` is the folder of the pages; undefined if no pages were written. */
interface TerminalFormat {
  output: 'terminal';
  render(report: Report, pages: string | undefined, style: Style): string;
}

/** A form that is a folder of pages. `load` also loads the templates, so it is called only if the user wants pages. */
interface PagesFormat {
  output: 'pages';
  load(): Promise<typeof import('./pages/index.ts')>;
}

/** Workflow commands for GitHub Actions, and a summary of the step. The harness writes both. */
interface GithubFormat {
  output: 'github';
}

/** A form of a report. `output` says where the form goes. */
export type ReportFormat = DocumentFormat | TerminalFormat | PagesFormat | GithubFormat;
/** Forms of a report by the name that `--reporter` takes. */
export type ReportFormats = Readonly<Record<string, ReportFormat>>;

/**
 * All forms of a report. The names, files, help and configuration schema of the reporters follow from this map, so a
 * new reporter is one file in `formats/` and one line here. Help lists the names in this order.
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

/** All forms that are one text, with their names, in the order in which the index page links to their files. */
export function documentFormats(formats: ReportFormats = FORMATS): (DocumentFormat & { name: string })[] {
  return Object.entries(formats).flatMap(([name, format]) =>
    format.output === 'document' ? [{ name, ...format }] : [],
  );
}

/** Renderers of the forms that are one text, by name. Each takes a report and returns one file. */
export const documentRenderers = Object.fromEntries(
  documentFormats().map(({ name, render }) => [name, render]),
) as Readonly<Record<DocumentName, DocumentFormat['render']>>;

import type { ReportFile } from './document/files.ts';
import type { Report } from './document/report.ts';
import { badge } from './formats/badge.ts';
import { json } from './formats/json.ts';
import { junit } from './formats/junit.ts';
import { markdown } from './formats/markdown.ts';
import { caseList, endBlock } from './formats/terminal.ts';
import type { Style } from './wording/terminal-text.ts';

/** An output of a report that is a single text: a file in the report's folder, or text on stdout. */
interface DocumentFormat {
  output: 'document';
  /** The name of the file in the report's folder. */
  file: string;
  render(report: Report): Iterable<ReportFile>;
  /**
   * If true, the file is always written to the report's folder, after all other files, even if the user did not choose
   * it.
   */
  always?: boolean;
  /** The name of the reporter that also writes this file. The user cannot choose such a file separately. */
  with?: string;
}

/** A text for the terminal. `pages` is the folder of the HTML pages; undefined if no pages were written. */
interface TerminalFormat {
  output: 'terminal';
  render(report: Report, pages: string | undefined, style: Style): string;
}

/**
 * An output that is a folder of HTML pages. `load` also loads the page templates, so it is called only if the user
 * wants pages.
 */
interface PagesFormat {
  output: 'pages';
  load(): Promise<typeof import('./pages/index.ts')>;
}

/** An output for GitHub Actions: workflow commands, and a summary of the step. The harness writes both. */
interface GithubFormat {
  output: 'github';
}

/** One kind of output of a report. The field `output` says where the text or the files go. */
export type ReportFormat = DocumentFormat | TerminalFormat | PagesFormat | GithubFormat;
/** All kinds of output, by the name that the user gives to `--reporter`. */
export type ReportFormats = Readonly<Record<string, ReportFormat>>;

/**
 * All outputs that a report can have. The names, files, help and configuration schema of the reporters follow from this
 * map. A new reporter is therefore one file in `formats/` and one line in this map. The help lists the names in the
 * order of this map.
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

/** The names of the outputs that are a single text. */
type DocumentName = {
  [Name in keyof typeof FORMATS]: (typeof FORMATS)[Name] extends { output: 'document' } ? Name : never;
}[keyof typeof FORMATS];

/** Returns the names that the user can give to `--reporter`. */
export function reporterNames(formats: ReportFormats = FORMATS): string[] {
  return Object.entries(formats).flatMap(([name, format]) =>
    format.output === 'document' && format.with !== undefined ? [] : [name],
  );
}

/** Returns all outputs that are a single text, with their names. The index page links to their files in this order. */
export function documentFormats(formats: ReportFormats = FORMATS): (DocumentFormat & { name: string })[] {
  return Object.entries(formats).flatMap(([name, format]) =>
    format.output === 'document' ? [{ name, ...format }] : [],
  );
}

/**
 * The functions that write the outputs with a single text, by name. Each function takes a report and returns one file.
 */
export const documentRenderers = Object.fromEntries(
  documentFormats().map(({ name, render }) => [name, render]),
) as Readonly<Record<DocumentName, DocumentFormat['render']>>;

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Report } from '../../reports/document/report.ts';
import { FORMATS, type ReportFormats } from '../../reports/renderers.ts';
import type { Style } from '../../reports/wording/terminal-text.ts';
import type { Reporter } from '../config/reporter-names.ts';
import { HarnessError } from '../support/harness-error.ts';
import { assertReplaceable, replaceFile, writeError } from '../system/report-folder.ts';
import { github } from './github.ts';

/**
 * Whether a reporter (an output such as `junit`) writes into the report folder. Without `--reporter`, all reporters do.
 */
export const writesHere = (reporters: readonly Reporter[] | undefined, name: string): boolean =>
  reporters === undefined || reporters.some((reporter) => reporter.name === name && reporter.path === undefined);

/** Whether HTML pages are written into the report folder. */
export const writesPagesHere = (reporters: readonly Reporter[] | undefined, formats: ReportFormats): boolean =>
  Object.entries(formats).some(([name, { output }]) => output === 'pages' && writesHere(reporters, name));

/** The paths of `--reporter html=PATH`. Each path is a folder into which HTML pages are written. */
export const pageFolders = (reporters: readonly Reporter[] = [], formats: ReportFormats = FORMATS): string[] =>
  reporters.flatMap(({ name, path }) => (formats[name]?.output === 'pages' && path !== undefined ? [path] : []));

/**
 * Checks before the run that the outputs of all reporters can be written after the run.
 * @throws HarnessError with exit code 2 if two reporters write a document to stdout, if the path of a file is a folder,
 *   or if a folder for pages contains other files.
 */
export function refuseReporters(reporters: readonly Reporter[], formats: ReportFormats = FORMATS): void {
  const toStdout = reporters.filter(({ name, path }) => path === '-' && formats[name]?.output === 'document');
  if (toStdout.length > 1) {
    throw new HarnessError(2, {
      what: `Only one of ${toStdout.map(({ name }) => name).join(', ')} can be on stdout.`,
      why: 'A reader of stdout could not separate the documents.',
      todo: 'Write the other documents to files, for example --reporter junit=junit.xml.',
    });
  }
  for (const folder of pageFolders(reporters, formats)) assertReplaceable(folder);
  for (const { name, path } of reporters) {
    if (formats[name]?.output === 'pages' || path === undefined || path === '-') continue;
    if (!existsSync(path) || !statSync(path).isDirectory()) continue;
    throw new HarnessError(2, {
      what: `--reporter ${name} needs the path of a file, but this path is a folder.`,
      where: resolve(path),
      why: `The reporter ${name} writes one file.`,
      todo: `Name a file in the folder: ${name}=${path}/…`,
    });
  }
}

/** The folder, the environment and the style that `publishOutputs` needs. */
export interface OutputOptions {
  /** Folder of the report. */
  out: string;
  env: NodeJS.ProcessEnv;
  /** Colours, characters and width for stdout. */
  style: Style;
  /** `--json`, which means the same as `--reporter json=-`. */
  json: boolean;
}

/**
 * Writes the outputs of reporters with a path, such as `junit=out.xml`, and returns the text for stdout and stderr. If
 * `--reporter` is not used, the text is the summary of the run, plus annotations if GitHub Actions runs this tool.
 * @returns `failure`: HarnessError with exit code 3 if a file could not be written.
 */
export function publishOutputs(
  report: Report,
  reporters: readonly Reporter[] | undefined,
  { out, env, style, json: asJson }: OutputOptions,
  formats: ReportFormats = FORMATS,
): { stdout: string; stderr: string; failure: HarnessError | undefined } {
  const chosen: readonly Reporter[] = reporters ?? [{ name: 'line' }, ...(isGithub(env) ? [{ name: 'github' }] : [])];
  const pages = writesPagesHere(reporters, formats) ? out : pageFolders(reporters, formats)[0];
  let document = asJson ? textOf(report, 'json', formats) : undefined;
  let stdout = '';
  let failure: HarnessError | undefined;
  const writeOutput = (path: string, content: string) => {
    failure ??= writeFile(path, content);
  };
  // GitHub reads commands from stdout and from stderr. If stdout contains a document, the commands must go to stderr.
  let commands = '';
  for (const { name, path } of chosen) {
    const format = formats[name];
    switch (format?.output) {
      case 'github':
        commands += github(report, path ?? env.GITHUB_STEP_SUMMARY, env);
        break;
      case 'terminal':
        if (path === undefined || path === '-') stdout += format.render(report, pages, style);
        else writeOutput(path, format.render(report, pages, { colour: false, unicode: true }));
        break;
      case 'document':
        if (path === '-') document ??= textOf(report, name, formats);
        else if (path !== undefined) writeOutput(path, textOf(report, name, formats));
        break;
    }
  }
  if (document !== undefined) return { stdout: document, stderr: commands, failure };
  // If all reporters write files, stdout still shows the decision in one sentence.
  return { stdout: (stdout === '' ? `${report.gate.sentence}\n` : stdout) + commands, stderr: '', failure };
}

const isGithub = (env: NodeJS.ProcessEnv): boolean => env.GITHUB_ACTIONS === 'true';

/** The text of a report in a document format; empty for other formats. */
function textOf(report: Report, name: string, formats: ReportFormats): string {
  const format = formats[name];
  return format?.output === 'document' ? [...format.render(report)].map(({ content }) => content).join('') : '';
}

/**
 * Writes a file in one step, and creates the folder of the file.
 * @returns the error if this failed.
 */
function writeFile(path: string, text: string): HarnessError | undefined {
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    replaceFile(path, text);
    return undefined;
  } catch (error) {
    return writeError(path, error);
  }
}

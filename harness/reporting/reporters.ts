import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Report } from '../../reports/document/report.ts';
import { FORMATS, type ReportFormats } from '../../reports/renderers.ts';
import type { Style } from '../../reports/wording/terminal-text.ts';
import type { Reporter } from '../config/reporter-names.ts';
import { HarnessError } from '../support/harness-error.ts';
import { assertReplaceable, replaceFile, writeError } from '../system/report-folder.ts';
import { github } from './github.ts';

/** Whether a reporter writes its usual files into the report's own folder. Without a choice all of them do. */
export const writesHere = (reporters: readonly Reporter[] | undefined, name: string): boolean =>
  reporters === undefined || reporters.some((one) => one.name === name && one.path === undefined);

/** Whether pages are written into the report's own folder. */
export const writesPagesHere = (reporters: readonly Reporter[] | undefined, formats: ReportFormats): boolean =>
  Object.entries(formats).some(([name, { output }]) => output === 'pages' && writesHere(reporters, name));

/** The folders other than the report's own in which pages are wanted. */
export const pageFolders = (reporters: readonly Reporter[] = [], formats: ReportFormats = FORMATS): string[] =>
  reporters.flatMap(({ name, path }) => (formats[name]?.output === 'pages' && path !== undefined ? [path] : []));

/**
 * Refuses, before anything is played, what could not be written at its end.
 * @throws HarnessError (2): two texts for one stdout, a folder where a file is meant, a folder that is somebody else's.
 */
export function refuseReporters(reporters: readonly Reporter[], formats: ReportFormats = FORMATS): void {
  const toStdout = reporters.filter(({ name, path }) => path === '-' && formats[name]?.output === 'document');
  if (toStdout.length > 1) {
    throw new HarnessError(2, {
      what: `Only one of ${toStdout.map(({ name }) => name).join(', ')} can be on stdout.`,
      why: 'Nobody could tell where one ends and the other begins.',
      todo: 'Give the others a file: --reporter junit=junit.xml.',
    });
  }
  for (const folder of pageFolders(reporters, formats)) assertReplaceable(folder);
  for (const { name, path } of reporters) {
    if (formats[name]?.output === 'pages' || path === undefined || path === '-') continue;
    if (!existsSync(path) || !statSync(path).isDirectory()) continue;
    throw new HarnessError(2, {
      what: `--reporter ${name} takes a file, and this is a folder.`,
      where: resolve(path),
      why: `It would be replaced by what ${name} writes.`,
      todo: `Name a file in it: ${name}=${path}/…`,
    });
  }
}

/** What of the process is needed to tell a report. */
export interface Telling {
  /** Folder of the report. */
  out: string;
  env: NodeJS.ProcessEnv;
  /** How text is to look on stdout. */
  style: Style;
  /** `--json`: as `json=-`. */
  json: boolean;
}

/**
 * Tells a report as asked: writes the files that go elsewhere than into its own folder, and gives back what belongs on
 * stdout and stderr. Nothing chosen is the end block, and GitHub where it runs us.
 * @returns `failure` (3) beside it when a file cannot be written.
 */
export function tell(
  report: Report,
  reporters: readonly Reporter[] | undefined,
  { out, env, style, json: asJson }: Telling,
  formats: ReportFormats = FORMATS,
): { stdout: string; stderr: string; failure: HarnessError | undefined } {
  const chosen: readonly Reporter[] = reporters ?? [{ name: 'line' }, ...(isGithub(env) ? [{ name: 'github' }] : [])];
  const pages = writesPagesHere(reporters, formats) ? out : pageFolders(reporters, formats)[0];
  let document = asJson ? textOf(report, 'json', formats) : undefined;
  let stdout = '';
  let failure: HarnessError | undefined;
  const elsewhere = (path: string, content: string) => {
    failure ??= writeElsewhere(path, content);
  };
  // The runner reads both streams; a document has stdout to itself.
  let commands = '';
  for (const { name, path } of chosen) {
    const format = formats[name];
    switch (format?.output) {
      case 'github':
        commands += github(report, path ?? env.GITHUB_STEP_SUMMARY, env);
        break;
      case 'terminal':
        if (path === undefined || path === '-') stdout += format.render(report, pages, style);
        else elsewhere(path, format.render(report, pages, { colour: false, unicode: true }));
        break;
      case 'document':
        if (path === '-') document ??= textOf(report, name, formats);
        else if (path !== undefined) elsewhere(path, textOf(report, name, formats));
        break;
    }
  }
  if (document !== undefined) return { stdout: document, stderr: commands, failure };
  // Whoever asked for files alone still wants to know.
  return { stdout: (stdout === '' ? `${report.gate.sentence}\n` : stdout) + commands, stderr: '', failure };
}

const isGithub = (env: NodeJS.ProcessEnv): boolean => env.GITHUB_ACTIONS === 'true';

function textOf(report: Report, name: string, formats: ReportFormats): string {
  const format = formats[name];
  return format?.output === 'document' ? [...format.render(report)].map(({ content }) => content).join('') : '';
}

/** Puts a file in its place as a whole. @returns what keeps it from there. */
function writeElsewhere(path: string, text: string): HarnessError | undefined {
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    replaceFile(path, text);
    return undefined;
  } catch (error) {
    return writeError(path, error);
  }
}

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Renderer } from '../../reports/document/files.ts';
import type { Report } from '../../reports/document/report.ts';
import { json } from '../../reports/formats/json.ts';
import { junit } from '../../reports/formats/junit.ts';
import { markdown } from '../../reports/formats/markdown.ts';
import { caseList, endBlock } from '../../reports/formats/terminal.ts';
import type { Reporter, ReporterName } from '../config/reporter-names.ts';
import { HarnessError } from '../support/harness-error.ts';
import { assertReplaceable, replaceFile, writeError } from '../system/report-folder.ts';
import { github } from './github.ts';

/** Those that are one text, which can stand on stdout or in a file. */
const DOCUMENTS = { json, junit, markdown } satisfies Partial<Record<ReporterName, Renderer>>;

const isDocument = (name: ReporterName): name is keyof typeof DOCUMENTS => name in DOCUMENTS;

/** Whether a reporter writes its usual files into the report's own folder. Without a choice all of them do. */
export const writesHere = (reporters: readonly Reporter[] | undefined, name: ReporterName): boolean =>
  reporters === undefined || reporters.some((one) => one.name === name && one.path === undefined);

/** The folders, beside the report's own, in which pages are wanted. */
export const pageFolders = (reporters: readonly Reporter[] = []): string[] =>
  reporters.flatMap(({ name, path }) => (name === 'html' && path !== undefined ? [path] : []));

/**
 * Refuses, before anything is played, what could not be written at its end.
 * @throws HarnessError (2): two texts for one stdout, a folder where a file is meant, a folder that is somebody else's.
 */
export function refuseReporters(reporters: readonly Reporter[]): void {
  const toStdout = reporters.filter(({ name, path }) => path === '-' && isDocument(name));
  if (toStdout.length > 1) {
    throw new HarnessError(2, {
      what: `Only one of ${toStdout.map(({ name }) => name).join(', ')} can be on stdout.`,
      why: 'Nobody could tell where one ends and the other begins.',
      todo: 'Give the others a file: --reporter junit=junit.xml.',
    });
  }
  for (const folder of pageFolders(reporters)) assertReplaceable(folder);
  for (const { name, path } of reporters) {
    if (name === 'html' || path === undefined || path === '-') continue;
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
  style: Parameters<typeof endBlock>[2];
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
): { stdout: string; stderr: string; failure: HarnessError | undefined } {
  const chosen: readonly Reporter[] = reporters ?? [
    { name: 'line' },
    ...(isGithub(env) ? [{ name: 'github' as const }] : []),
  ];
  const pages = writesHere(reporters, 'html') ? out : pageFolders(reporters)[0];
  const text = (name: 'list' | 'line', look: typeof style) =>
    (name === 'list' ? caseList(report, look) : '') + endBlock(report, pages, look);
  const document = asJson ? 'json' : chosen.find(({ name, path }) => path === '-' && isDocument(name))?.name;
  let stdout = '';
  let failure: HarnessError | undefined;
  const elsewhere = (path: string, content: string) => {
    failure ??= writeElsewhere(path, content);
  };
  // The runner reads both streams; a document has stdout to itself.
  let commands = '';
  for (const { name, path } of chosen) {
    if (name === 'github') {
      commands += github(report, path ?? env.GITHUB_STEP_SUMMARY, env);
    } else if (name === 'list' || name === 'line') {
      if (path === undefined || path === '-') stdout += text(name, style);
      else elsewhere(path, text(name, { colour: false, unicode: true }));
    } else if (isDocument(name) && path !== undefined && path !== '-') {
      elsewhere(path, textOf(report, name));
    }
  }
  if (document !== undefined && isDocument(document))
    return { stdout: textOf(report, document), stderr: commands, failure };
  // Whoever asked for files alone still wants to know.
  return { stdout: (stdout === '' ? `${report.gate.sentence}\n` : stdout) + commands, stderr: '', failure };
}

const isGithub = (env: NodeJS.ProcessEnv): boolean => env.GITHUB_ACTIONS === 'true';

const textOf = (report: Report, name: keyof typeof DOCUMENTS): string =>
  [...DOCUMENTS[name](report)].map(({ content }) => content).join('');

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

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { autobahnJson } from '../support/autobahn-json.ts';
import { readJsonText } from '../support/json-text.ts';
import { makeFolder, writeError } from '../system/report-folder.ts';
import type { Result } from './read-results.ts';

type Entries = Readonly<Record<string, unknown>>;

const indexSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

/**
 * Copies results of one agent (tested server) into another result folder: the case files and their entries in
 * `index.json`. Existing entries of `into` stay. A folder without a readable index counts as empty.
 * @param cases ids of the cases to copy. If absent, all cases are copied.
 * @throws HarnessError with exit code 3 if a file cannot be written.
 */
export function addResults(agent: string, from: string, into: string, cases?: ReadonlySet<string>): void {
  const added = Object.entries(entriesIn(agent, from)).filter(([id]) => cases === undefined || cases.has(id));
  try {
    for (const [, entry] of added) {
      const file = caseFileOf(entry);
      if (file !== undefined) copyFileSync(join(from, file), join(into, file));
    }
    writeIndex(agent, into, { ...entriesIn(agent, into), ...Object.fromEntries(added) });
  } catch (error) {
    throw writeError(into, error);
  }
}

/**
 * Copies the case files of results, and writes an index for the copies, so that the new folder can be read again.
 * @param from the folder from which `results` were read. @param into the new folder; created here.
 * @throws HarnessError with exit code 3 if a file cannot be written.
 */
export function copyResults(agent: string, from: string, into: string, results: readonly Result[]): void {
  makeFolder(into);
  const copied = new Set<string>();
  try {
    for (const result of results) {
      if (result.did === 'not run') continue;
      copyFileSync(join(from, result.file), join(into, basename(result.file)));
      copied.add(result.id);
    }
    const entries = Object.entries(entriesIn(agent, from))
      .filter(([id]) => copied.has(id))
      .map(([id, entry]) => [id, { ...(entry as object), reportfile: caseFileOf(entry) }] as const);
    writeIndex(agent, into, Object.fromEntries(entries));
  } catch (error) {
    throw writeError(into, error);
  }
}

/** The ids of the cases that the `index.json` of a result folder lists for an agent (tested server). */
export const listedCases = (agent: string, folder: string): Set<string> =>
  new Set(Object.keys(entriesIn(agent, folder)));

function writeIndex(agent: string, folder: string, entries: Entries): void {
  writeFileSync(join(folder, 'index.json'), autobahnJson({ [agent]: entries }));
}

function entriesIn(agent: string, folder: string): Entries {
  try {
    const { value } = readJsonText(readFileSync(join(folder, 'index.json'), 'utf8'), { comments: false });
    return indexSchema.parse(value)[agent] ?? {};
  } catch {
    return {};
  }
}

/**
 * The name of the case file in an index entry. The folder in the name is removed: the path must not lead out of the
 * result folder.
 */
function caseFileOf(entry: unknown): string | undefined {
  return typeof entry === 'object' && entry !== null && 'reportfile' in entry && typeof entry.reportfile === 'string'
    ? basename(entry.reportfile)
    : undefined;
}

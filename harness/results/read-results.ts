import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import type { Problem } from '../../reports/document/report.ts';
import { compareCaseIds } from '../plan/case-id.ts';
import type { ReadCase, Suite } from '../plan/suite.ts';
import { errorMessage } from '../support/error-message.ts';
import { JsonTextError, readJsonText } from '../support/json-text.ts';

/** The recorded facts of one case. */
export interface RecordedResult extends Omit<ReadCase, 'started' | 'contradictions'> {
  did: 'run';
  id: string;
  /** Path of the case file, relative to the folder with the results of the tested server. */
  file: string;
}

/** The recorded facts of a planned case, or the reason why the case has no result. */
export type Result = RecordedResult | { did: 'not run'; id: string; why: string };

/** The results of one agent (tested server): one for each planned case, in the order of the plan. */
export interface AgentResults {
  agent: string;
  results: readonly Result[];
}

/** The results that a result folder must contain. */
export interface WantedResults {
  /** Ids of the planned cases. The function returns a result, or the reason for its absence, for each of them. */
  cases: readonly string[];
  /** Agents (names of servers) that must be in the folder. Absent: every agent in the folder is read. */
  agents?: readonly string[];
  /** Whether a result of a case that was not planned is a problem. False for a folder of another run (`--from`). */
  extraIsFault: boolean;
  /** Time span in which the results must have been recorded, in milliseconds since 1970. Other results are stale. */
  recorded?: { from: number; to: number };
  /** Cases whose results were kept from an earlier run. These results may be older than `recorded.from`. */
  earlier?: ReadonlySet<string>;
}

/** Largest accepted case file. Usual case files have some tens of KiB. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Allowed difference between the clocks of the engine and the harness, which may run on different machines. */
const CLOCK_TOLERANCE_MS = 60_000;
/** At most so many results of cases that the suite does not have are reported one by one. */
const MAX_UNKNOWN_CASES = 100;

const indexSchema = z.record(z.string(), z.record(z.string(), z.unknown()));
const entrySchema = z.looseObject({ reportfile: z.string() });

/**
 * Reads a result folder, checks each result with the suite's `readCase`, and compares the results with the planned
 * cases. A result that is missing, recorded twice, not planned, contradictory, stale or unreadable is reported as a
 * problem that names the case. The list of results then says why the case has no result. Never throws because of the
 * content of the folder.
 */
export function readResults(
  suite: Suite,
  folder: string,
  wanted: WantedResults,
): { agents: AgentResults[]; problems: Problem[] } {
  const indexPath = join(folder, 'index.json');
  const index = tryToRead(() => indexSchema.parse(readJson(indexPath)));
  if (!index.ok) {
    const problem: Problem = {
      what: 'The results have no readable index: which cases ran is unknown.',
      where: indexPath,
      why: index.why,
      todo: 'Run again. wstest writes its files only after the last case, so an interrupted run has no files.',
    };
    const agents = (wanted.agents ?? []).map((agent) => ({
      agent,
      results: wanted.cases.map((id): Result => ({ did: 'not run', id, why: 'the results have no readable index' })),
    }));
    return { agents, problems: [problem] };
  }

  const problems: Problem[] = [];
  const agentsInIndex = Object.keys(index.value);
  const names = wanted.agents ?? agentsInIndex;
  if (names.length === 0) {
    problems.push({
      what: 'The results name no agent: no case was played.',
      where: indexPath,
      why: 'wstest writes an empty index if it could not reach the server.',
      todo: 'Check that the server was listening at the address that the engine got.',
    });
  }
  for (const agent of agentsInIndex.filter((name) => !names.includes(name))) {
    problems.push({
      what: `The results contain an agent that was not tested in this run: "${agent}".`,
      where: indexPath,
      agent,
      todo: 'Use a separate folder for every run.',
    });
  }
  const agents = names.map((agent) => {
    const reader = new AgentReader(suite, folder, agent, index.value[agent] ?? {}, wanted);
    const results = reader.read();
    problems.push(...reader.problems);
    return { agent, results };
  });
  return { agents, problems };
}

/** Reads the results of one agent (tested server) in a result folder, and collects the problems. */
class AgentReader {
  readonly problems: Problem[] = [];
  private readonly suite: Suite;
  private readonly folder: string;
  private readonly agent: string;
  private readonly entries: Readonly<Record<string, unknown>>;
  private readonly wanted: WantedResults;
  /** Path of a case file → the first case whose index entry names the file. */
  private readonly caseOfFile = new Map<string, string>();

  constructor(
    suite: Suite,
    folder: string,
    agent: string,
    entries: Readonly<Record<string, unknown>>,
    wanted: WantedResults,
  ) {
    this.suite = suite;
    this.folder = folder;
    this.agent = agent;
    this.entries = entries;
    this.wanted = wanted;
  }

  read(): Result[] {
    const planned = new Set(this.wanted.cases);
    const suiteIds = new Set(this.suite.cases.map(({ id }) => id));
    const ids = Object.keys(this.entries);
    // A folder that another tool wrote may contain very many unknown cases, so only some of them are reported.
    const unreported = new Set(ids.filter((id) => !suiteIds.has(id)).slice(MAX_UNKNOWN_CASES));
    if (unreported.size > 0) {
      this.problems.push({
        what: `There are results of ${unreported.size} more cases that the suite does not have.`,
        where: join(this.folder, 'index.json'),
        why: 'The results are of another suite version, or not of this suite.',
        agent: this.agent,
      });
    }
    for (const id of ids.filter((candidate) => !unreported.has(candidate)).sort(compareCaseIds)) {
      if (!suiteIds.has(id)) {
        this.report(
          id,
          `There is a result of a case that the suite does not have: ${id}.`,
          'The result is of another suite version, or not of this suite.',
        );
      } else if (!planned.has(id) && this.wanted.extraIsFault) {
        this.report(
          id,
          `There is a result of a case that was not planned: ${id}.`,
          'The folder contains another run, or the engine played more cases than it got.',
        );
      }
    }
    return this.wanted.cases.map((id) => this.readCase(id));
  }

  private readCase(id: string): Result {
    const notRun = (why: string): Result => ({ did: 'not run', id, why });
    const entry = this.entries[id];
    if (entry === undefined) {
      this.report(
        id,
        `Case ${id} has no result.`,
        'The index does not list the case: the engine stopped before this case, or the connection was refused.',
      );
      return notRun('the index does not list it');
    }
    const listed = tryToRead(() => entrySchema.parse(entry));
    if (!listed.ok) {
      this.report(id, `The index entry of case ${id} cannot be read.`, listed.why, 'index.json');
      return notRun('its index entry cannot be read');
    }
    const { reportfile } = listed.value;
    const path = tryToRead(() => insideFolder(this.folder, reportfile));
    if (!path.ok) {
      const what = path.why === NOT_THERE ? 'is not there' : 'must not be read';
      this.report(id, `The file that the index names for case ${id} ${what}.`, path.why, reportfile);
      return notRun(`the file that the index names ${what}`);
    }
    const first = this.caseOfFile.get(path.value);
    if (first !== undefined) {
      this.report(
        id,
        `The index names the same file for the cases ${first} and ${id}.`,
        'One of the two results is a duplicate.',
        reportfile,
      );
      return notRun('its file belongs to another case');
    }
    this.caseOfFile.set(path.value, id);
    const read = tryToRead(() => this.suite.readCase(readJson(path.value), entry, { id, agent: this.agent }));
    if (!read.ok) {
      this.report(id, `The result of case ${id} cannot be read.`, read.why, reportfile);
      return notRun('its result cannot be read');
    }
    const { started, contradictions, ...facts } = read.value;
    if (contradictions.length > 0) {
      this.report(id, `The result of case ${id} contradicts itself.`, `${contradictions.join('; ')}.`, reportfile);
      return notRun('its result contradicts itself');
    }
    if (!this.isFresh(id, started)) {
      this.report(
        id,
        `The result of case ${id} is stale.`,
        `The result was recorded at ${started}, which is not during this run.`,
        reportfile,
      );
      return notRun('its result is of another run');
    }
    return { did: 'run', id, ...facts, file: relative(this.folder, path.value) };
  }

  private isFresh(id: string, started: string): boolean {
    const { recorded, earlier } = this.wanted;
    if (!recorded || earlier?.has(id)) return true;
    const at = Date.parse(started);
    return at >= recorded.from - CLOCK_TOLERANCE_MS && at <= recorded.to + CLOCK_TOLERANCE_MS;
  }

  private report(id: string, what: string, why: string, file?: string): void {
    const where = file === undefined ? this.folder : join(this.folder, file);
    this.problems.push({ what, where, why, agent: this.agent, case: id });
  }
}

/**
 * The path of a file in a folder.
 * @throws Error if `name` leads out of the folder, by `..`, an absolute path or a link.
 */
function insideFolder(folder: string, name: string): string {
  const path = resolve(folder, name);
  if (!path.startsWith(resolve(folder) + sep)) throw new Error('The path leads out of the result folder.');
  if (lstatSync(path).isSymbolicLink() || !realpathSync(dirname(path)).startsWith(realpathSync(folder))) {
    throw new Error('The file is a link.');
  }
  return path;
}

function readJson(path: string): unknown {
  const stat = lstatSync(path);
  if (!stat.isFile()) throw new Error('The path is not a file.');
  if (stat.size === 0) throw new Error('The file is empty.');
  if (stat.size > MAX_FILE_BYTES)
    throw new Error(`The file has ${stat.size} bytes; no engine writes more than ${MAX_FILE_BYTES}.`);
  const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  return readJsonText(text, { comments: false }).value;
}

const NOT_THERE = 'The file is not there.';

type ReadResult<T> = { ok: true; value: T } | { ok: false; why: string };

/** Calls a function that reads or parses a file. Turns an error into a sentence. */
function tryToRead<T>(read: () => T): ReadResult<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (error instanceof z.ZodError) {
      const issue = error.issues[0];
      return { ok: false, why: issue ? `${issue.path.join('.') || 'the whole'}: ${issue.message}` : error.message };
    }
    if (error instanceof JsonTextError) return { ok: false, why: error.message };
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { ok: false, why: NOT_THERE };
    if (error instanceof Error && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      return { ok: false, why: 'The file is not UTF-8 text.' };
    }
    return { ok: false, why: errorMessage(error) };
  }
}

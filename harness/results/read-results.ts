import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import type { Problem } from '../../reports/document/report.ts';
import { compareCaseIds } from '../plan/case-id.ts';
import type { ReadCase, Suite } from '../plan/suite.ts';
import { JsonTextError, readJsonText } from '../support/json-text.ts';

/** The recorded facts of one case. */
export interface RecordedResult extends Omit<ReadCase, 'started' | 'contradictions'> {
  did: 'run';
  id: string;
  /** Path of the case file, relative to the results folder of its agent. */
  file: string;
}

/** What the results folder holds for one planned case: its recorded facts, or the reason why there are none. */
export type Result = RecordedResult | { did: 'not run'; id: string; why: string };

/** All that a results folder holds for one agent: one Result per planned case, in the plan's order. */
export interface AgentResults {
  agent: string;
  results: readonly Result[];
}

/** What a results folder should hold. */
export interface WantedResults {
  /** The plan: each of these cases gets a Result. */
  cases: readonly string[];
  /** Agents that must be in the folder. If left out, every agent in the folder is read. */
  agents?: readonly string[];
  /** Whether a result outside of the plan is a problem. Leave false when reading a folder that somebody else recorded. */
  extraIsFault: boolean;
  /** Time in which the results must have been recorded, in milliseconds since 1970. Results outside of it are stale. */
  recorded?: { from: number; to: number };
  /** Cases that an earlier run recorded and this run keeps: their results may be older than `recorded.from`. */
  earlier?: ReadonlySet<string>;
}

/** A case file has some tens of kilobytes. No engine writes a file larger than this. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** The clocks of engine and harness may differ a little if the engine runs on another machine. */
const CLOCK_TOLERANCE_MS = 60_000;
/** At most this many results of unknown cases are reported one by one. */
const MAX_UNKNOWN_CASES = 100;

const indexSchema = z.record(z.string(), z.record(z.string(), z.unknown()));
const entrySchema = z.looseObject({ reportfile: z.string() });

/**
 * Reads a results folder and compares it with the plan. Unknown JSON becomes typed here, by the suite's `readCase`.
 * Nothing is skipped silently: a case that is missing, recorded twice, not planned, contradictory, stale or unreadable
 * becomes a Problem that names the case, and a Result that says why it did not run. Never throws because of what the
 * folder holds.
 */
export function readResults(
  suite: Suite,
  folder: string,
  wanted: WantedResults,
): { agents: AgentResults[]; problems: Problem[] } {
  const indexPath = join(folder, 'index.json');
  const index = attempt(() => indexSchema.parse(readJson(indexPath)));
  if (!index.ok) {
    const problem: Problem = {
      what: 'The results have no readable index: which cases ran is unknown.',
      where: indexPath,
      why: index.why,
      todo: 'Run again. wstest writes its files only after the last case, so a run that was cut short leaves none.',
    };
    const agents = (wanted.agents ?? []).map((agent) => ({
      agent,
      results: wanted.cases.map((id): Result => ({ did: 'not run', id, why: 'the results have no readable index' })),
    }));
    return { agents, problems: [problem] };
  }

  const problems: Problem[] = [];
  const found = Object.keys(index.value);
  const names = wanted.agents ?? found;
  if (names.length === 0) {
    problems.push({
      what: 'The results name no agent: not one case was played.',
      where: indexPath,
      why: 'wstest leaves an empty index when it could not reach the server.',
      todo: 'Check that the server was listening at the address the engine was given.',
    });
  }
  for (const agent of found.filter((name) => !names.includes(name))) {
    problems.push({
      what: `The results hold an agent that was not asked for: "${agent}".`,
      where: indexPath,
      agent,
      todo: 'Use a folder of its own for every run.',
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

/** Reads one agent's share of a folder; collects what is wrong with it. */
class AgentReader {
  readonly problems: Problem[] = [];
  private readonly suite: Suite;
  private readonly folder: string;
  private readonly agent: string;
  private readonly entries: Readonly<Record<string, unknown>>;
  private readonly wanted: WantedResults;
  /** Report file → the case that claimed it first. */
  private readonly claimed = new Map<string, string>();

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
    const suite = new Set(this.suite.cases.map(({ id }) => id));
    const ids = Object.keys(this.entries);
    // A file from elsewhere may name any number of unknown cases.
    const strange = new Set(ids.filter((id) => !suite.has(id)).slice(MAX_UNKNOWN_CASES));
    if (strange.size > 0) {
      this.problems.push({
        what: `There are results of ${strange.size} more cases the suite does not have.`,
        where: join(this.folder, 'index.json'),
        why: 'They are of another suite version, or made up.',
        agent: this.agent,
      });
    }
    for (const id of ids.filter((one) => !strange.has(one)).sort(compareCaseIds)) {
      if (!suite.has(id)) {
        this.report(
          id,
          `There is a result of a case the suite does not have: ${id}.`,
          'It is of another suite version, or made up.',
        );
      } else if (!planned.has(id) && this.wanted.extraIsFault) {
        this.report(
          id,
          `There is a result of a case that was not planned: ${id}.`,
          'The folder holds another run, or the engine played more than it was told.',
        );
      }
    }
    return this.wanted.cases.map((id) => this.readCase(id));
  }

  private readCase(id: string): Result {
    const why = (reason: string): Result => ({ did: 'not run', id, why: reason });
    const entry = this.entries[id];
    if (entry === undefined) {
      this.report(
        id,
        `Case ${id} has no result.`,
        'The index does not list it: the engine stopped before it, or the connection was refused.',
      );
      return why('the index does not list it');
    }
    const listed = attempt(() => entrySchema.parse(entry));
    if (!listed.ok) {
      this.report(id, `The index entry of case ${id} cannot be read.`, listed.why, 'index.json');
      return why('its index entry cannot be read');
    }
    const { reportfile } = listed.value;
    const path = attempt(() => insideFolder(this.folder, reportfile));
    if (!path.ok) {
      const what = path.why === NOT_THERE ? 'is not there' : 'must not be read';
      this.report(id, `The file that the index names for case ${id} ${what}.`, path.why, reportfile);
      return why(`the file that the index names ${what}`);
    }
    const first = this.claimed.get(path.value);
    if (first !== undefined) {
      this.report(
        id,
        `Cases ${first} and ${id} are said to stand in the same file.`,
        'One of the two results is a duplicate.',
        reportfile,
      );
      return why('its file is that of another case');
    }
    this.claimed.set(path.value, id);
    const read = attempt(() => this.suite.readCase(readJson(path.value), entry, { id, agent: this.agent }));
    if (!read.ok) {
      this.report(id, `The result of case ${id} cannot be read.`, read.why, reportfile);
      return why('its result cannot be read');
    }
    const { started, contradictions, ...facts } = read.value;
    if (contradictions.length > 0) {
      this.report(id, `The result of case ${id} contradicts itself.`, `${contradictions.join('; ')}.`, reportfile);
      return why('its result contradicts itself');
    }
    if (!this.isFresh(id, started)) {
      this.report(
        id,
        `The result of case ${id} is stale.`,
        `It was recorded at ${started}, outside of this run.`,
        reportfile,
      );
      return why('its result is of another run');
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

/** `name` below `folder`; throws when it leads elsewhere, be it by dots, an absolute path or a link. */
function insideFolder(folder: string, name: string): string {
  const path = resolve(folder, name);
  if (!path.startsWith(resolve(folder) + sep)) throw new Error('It leads out of the results folder.');
  if (lstatSync(path).isSymbolicLink() || !realpathSync(dirname(path)).startsWith(realpathSync(folder))) {
    throw new Error('It is a link.');
  }
  return path;
}

function readJson(path: string): unknown {
  const stat = lstatSync(path);
  if (!stat.isFile()) throw new Error('It is not a file.');
  if (stat.size === 0) throw new Error('The file is empty.');
  if (stat.size > MAX_FILE_BYTES)
    throw new Error(`The file has ${stat.size} bytes; no engine writes more than ${MAX_FILE_BYTES}.`);
  const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  return readJsonText(text, { comments: false }).value;
}

const NOT_THERE = 'The file is not there.';

type Attempt<T> = { ok: true; value: T } | { ok: false; why: string };

/** Turns an error of reading into a sentence. */
function attempt<T>(read: () => T): Attempt<T> {
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
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}

import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import type { RecordedCase } from '../../../reports/document/recorded-case.ts';
import type { Problem } from '../../../reports/document/report.ts';
import { SUITE } from '../../expectations/expectation-file.ts';
import { compareCaseIds } from '../../plan/case-id.ts';
import { JsonTextError, readJsonText } from '../../support/json-text.ts';
import { caseFile, type IndexEntry, indexEntry, indexFile } from './recorded-json.ts';

/** What an engine left of one planned case: the recorded facts, or why there are none. */
export type Result = RecordedResult | { did: 'not run'; id: string; why: string };

/** The recorded facts of one play of a case, and the file they stand in, relative to its folder. */
export interface RecordedResult {
  did: 'run';
  detail: RecordedCase;
  file: string;
}

/** Everything a results folder holds of one agent: one Result per planned case, in the plan's order. */
export interface AgentResults {
  agent: string;
  results: readonly Result[];
}

/** What the folder should hold. */
export interface Expectations {
  /** The plan, and the denominator: every one of these gets a Result. */
  cases: readonly string[];
  /** Every id the suite has. A result outside of it is of another suite. */
  suite: readonly string[];
  /** The agents that must be there; without them, whatever the folder holds. */
  agents?: readonly string[];
  /** A result outside the plan is a fault after a run; when reading somebody's folder it is merely not asked for. */
  extraIsFault: boolean;
  /** The window in which results must have been recorded, in milliseconds since 1970; outside of it they are stale. */
  recorded?: { from: number; to: number };
  /** Cases that were played in an earlier run, which this one resumes: their results may be older. */
  earlier?: ReadonlySet<string>;
}

/** A case file is some tens of kilobytes; what is larger than this was not written by an engine. */
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;
/** Clocks of engine and harness may differ a little when the engine is another machine. */
const CLOCK_TOLERANCE_MS = 60_000;

/**
 * The door where unknown becomes typed: reads a folder of Autobahn's JSON and holds it against the plan. Nothing is
 * skipped: a case that is missing, twice there, unplanned, contradictory, stale or unreadable is a Problem that names
 * it, and a Result that says it did not run. Never throws for what the folder holds.
 */
export function readResults(folder: string, wanted: Expectations): { agents: AgentResults[]; problems: Problem[] } {
  const indexPath = join(folder, 'index.json');
  const index = attempt(() => indexFile.parse(readJson(indexPath)));
  if (!index.ok) {
    const problem: Problem = {
      what: 'The results have no readable index: which cases ran cannot be told.',
      where: indexPath,
      why: index.why,
      todo: 'Run again; wstest writes its files only after the last case, so a run that was cut short leaves none.',
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
    const reader = new AgentReader(folder, agent, index.value[agent] ?? {}, wanted);
    const results = reader.read();
    for (const problem of reader.problems) problems.push(problem);
    return { agent, results };
  });
  return { agents, problems };
}

/** Of the cases an index names and the suite does not have, so many are told one by one. */
const MOST_STRANGE = 100;

/** Reads one agent's share of a folder; collects what is wrong with it. */
class AgentReader {
  readonly problems: Problem[] = [];
  private readonly folder: string;
  private readonly agent: string;
  private readonly entries: Readonly<Record<string, unknown>>;
  private readonly wanted: Expectations;
  /** Report file → the case that claimed it first. */
  private readonly claimed = new Map<string, string>();

  constructor(folder: string, agent: string, entries: Readonly<Record<string, unknown>>, wanted: Expectations) {
    this.folder = folder;
    this.agent = agent;
    this.entries = entries;
    this.wanted = wanted;
  }

  read(): Result[] {
    const planned = new Set(this.wanted.cases);
    const suite = new Set(this.wanted.suite);
    const ids = Object.keys(this.entries);
    // A foreign file may name any number of them; they have all the same to say.
    const strange = new Set(ids.filter((id) => !suite.has(id)).slice(MOST_STRANGE));
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
    const listed = attempt(() => indexEntry.parse(entry));
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
    const detail = attempt(() => caseFile.parse(readJson(path.value)));
    if (!detail.ok) {
      this.report(id, `The result of case ${id} cannot be read.`, detail.why, reportfile);
      return why('its result cannot be read');
    }
    const contradictions = findContradictions(id, this.agent, listed.value, detail.value);
    if (contradictions.length > 0) {
      this.report(id, `The result of case ${id} contradicts itself.`, `${contradictions.join('; ')}.`, reportfile);
      return why('its result contradicts itself');
    }
    if (!this.isFresh(detail.value)) {
      this.report(
        id,
        `The result of case ${id} is stale.`,
        `It was recorded at ${detail.value.started}, outside of this run.`,
        reportfile,
      );
      return why('its result is of another run');
    }
    return { did: 'run', detail: detail.value, file: relative(this.folder, path.value) };
  }

  private isFresh(detail: RecordedCase): boolean {
    const { recorded, earlier } = this.wanted;
    if (!recorded || earlier?.has(detail.id)) return true;
    const at = Date.parse(detail.started);
    return at >= recorded.from - CLOCK_TOLERANCE_MS && at <= recorded.to + CLOCK_TOLERANCE_MS;
  }

  private report(id: string, what: string, why: string, file?: string): void {
    const where = file === undefined ? this.folder : join(this.folder, file);
    this.problems.push({ what, where, why, agent: this.agent, case: id });
  }
}

const INFORMATIONAL_CASES = new Set(['7.1.6', '7.13.1', '7.13.2']);
const NON_STRICT_CASES = /^(3\.[234]|4\.[12]\.[345]|5\.15|6\.4\.[1-4])$/;
const DEFLATE_CASES = /^1[23]\./;

/** Where index, file and the suite's own rules do not agree: signs of a damaged or forged result. */
function findContradictions(id: string, agent: string, listed: IndexEntry, detail: RecordedCase): string[] {
  const found: string[] = [];
  const differ = (what: string, inIndex: unknown, inFile: unknown) => {
    if (inIndex !== inFile)
      found.push(`${what} is ${JSON.stringify(inIndex)} in the index and ${JSON.stringify(inFile)} in the file`);
  };
  differ('the case id', id, detail.id);
  differ('the agent', agent, detail.agent);
  differ('behavior', listed.behavior, detail.behavior);
  differ('behaviorClose', listed.behaviorClose, detail.behaviorClose);
  differ('remoteCloseCode', listed.remoteCloseCode, detail.remoteCloseCode);
  if (detail.durationMs !== null) differ('duration', listed.duration, detail.durationMs);
  // semantics of the suite: these grades can arise in these cases only
  const informational = detail.behavior === 'INFORMATIONAL';
  if (informational !== INFORMATIONAL_CASES.has(id)) {
    found.push(informational ? 'INFORMATIONAL is no grade of this case' : 'this case is always INFORMATIONAL');
  }
  if (informational !== (detail.behaviorClose === 'INFORMATIONAL'))
    found.push('only one of its two grades is INFORMATIONAL');
  if (detail.behavior === 'NON-STRICT' && !NON_STRICT_CASES.test(id)) found.push('NON-STRICT is no grade of this case');
  if (detail.behavior === 'UNIMPLEMENTED' && !DEFLATE_CASES.test(id))
    found.push('UNIMPLEMENTED is no grade of this case');
  // The suite's own engine names its version here; an embedded one names itself.
  const recordedBy = /^User-Agent: AutobahnTestSuite\/([\d.]+)/m.exec(detail.httpRequest)?.[1];
  if (recordedBy !== undefined && recordedBy !== SUITE.version) {
    found.push(
      `it was recorded by version ${recordedBy} of the suite, and cases and expectations are those of ${SUITE.version}`,
    );
  }
  if (Number.isNaN(Date.parse(detail.started))) found.push(`"${detail.started}" is no time`);
  return found;
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
  if (stat.size > LARGEST_FILE_BYTES)
    throw new Error(`The file has ${stat.size} bytes; no engine writes more than ${LARGEST_FILE_BYTES}.`);
  const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  return readJsonText(text, { comments: false }).value;
}

const NOT_THERE = 'The file is not there.';

type Attempt<T> = { ok: true; value: T } | { ok: false; why: string };

/** Turns what reading can throw into a sentence. */
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

import { z } from 'zod';
import { CLOSE_GRADES, GRADES } from '../../../reports/document/recorded-case.ts';
import type { Outcome } from '../../../reports/document/report.ts';
import { compareCaseIds } from '../../plan/case-id.ts';
import { conformantOutcome } from '../../suites/autobahn/catalogue.ts';
import { readSpec } from '../../suites/autobahn/fuzzingclient-spec.ts';
import { closestTo } from '../../support/did-you-mean.ts';
import { HarnessError } from '../../support/harness-error.ts';
import type { JsonText } from '../../support/json-text.ts';
import { readUserJson } from '../../support/user-json.ts';

/* Reads the file of `init --from`: a spec (fuzzingclient.json) or an index (index.json) of Autobahn. */

/** Case id → recorded outcome. */
export type Outcomes = ReadonlyMap<string, Outcome>;

/**
 * Schema of the entry of a case in an `index.json`. The close code is optional, because some projects remove the close
 * codes from the file.
 */
const gradesSchema = z.looseObject({
  behavior: z.enum(GRADES),
  behaviorClose: z.enum(CLOSE_GRADES),
  remoteCloseCode: z.number().int().nullable().optional(),
});
type Grades = z.infer<typeof gradesSchema>;

/** A parsed fuzzingclient.json: the selected cases, warnings about its patterns, and the servers. */
export interface SpecOrigin {
  form: 'spec';
  cases: readonly string[];
  warnings: readonly string[];
  servers: readonly { agent?: string | undefined; url: string }[];
}

/** A parsed index.json. It maps each agent (tested server) and case id to Autobahn's grades, such as `OK`. */
export interface IndexOrigin {
  form: 'index';
  agents: ReadonlyMap<string, ReadonlyMap<string, Grades>>;
}

/**
 * Schema of the servers in a fuzzingclient.json. If they are invalid, the list is empty: the user can name the server
 * with an option, and the cases in the file are still useful.
 */
const serversSchema = z.array(z.looseObject({ url: z.string(), agent: z.string().optional() })).catch([]);

/**
 * Reads a spec (fuzzingclient.json) or an index (index.json) of Autobahn. The content decides which of the two the file
 * is, because file names differ between projects.
 * @param path the file's path, for error messages.
 * @param suite ids of all cases.
 * @throws HarnessError with exit code 2 if the file is neither a spec nor an index, or has an error.
 */
export function readOrigin(text: string, path: string, suite: readonly string[]): SpecOrigin | IndexOrigin {
  const json = readUserJson(
    text,
    path,
    'The file of --from',
    'Name a fuzzingclient.json or an index.json of Autobahn.',
  );
  const { value } = json;
  if (isRecord(value) && Array.isArray(value.cases)) {
    return { form: 'spec', ...readSpec(text, path, suite), servers: serversSchema.parse(value.servers) };
  }
  if (isRecord(value) && Object.values(value).every(isRecord)) {
    const agents = Object.keys(value).filter((agent) => Object.keys(value[agent] as object).length > 0);
    if (agents.length === 0) throw emptyIndex(path);
    const allGraded = agents.every((agent) => Object.values(value[agent] as object).every(hasGrade));
    if (allGraded)
      return { form: 'index', agents: new Map(agents.map((agent) => [agent, casesOf(json, agent, path)])) };
  }
  throw new HarnessError(2, {
    what: 'No configuration can be made from the file.',
    where: path,
    why: 'The file is neither a fuzzingclient.json, which has a list "cases", nor an index.json, which has grades by agent and case.',
    todo: 'Name one of these files, or the folder in which wstest wrote an index.json.',
  });
}

/**
 * Chooses an agent (tested server) of an index.json.
 * @param named value of --name; not needed if the index has only one agent.
 * @throws HarnessError with exit code 2 if the index has several agents and none has the name.
 */
export function agentOf({ agents }: IndexOrigin, path: string, named: string | undefined): string {
  const names = [...agents.keys()];
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  if (named !== undefined && agents.has(named)) return named;
  throw new HarnessError(2, {
    what: named === undefined ? 'The index has several agents.' : `The index has no agent "${named}".`,
    where: path,
    why: `The index has ${names.length} agents: ${names.join(', ')}.`,
    todo:
      named === undefined
        ? 'Name one of these agents with --name.'
        : `Did you mean "${closestTo(named, names)}"? If an index has several agents, --name selects one.`,
  });
}

/** The outcomes in an index.json, and how its list of cases differs from the cases of the suite. */
export interface IndexOutcomes {
  outcomes: Outcomes;
  /** Cases of the suite that the index lacks, in numeric order. */
  missing: readonly string[];
  /** Cases of the index that the suite does not have. */
  unknown: readonly string[];
}

/**
 * Makes outcomes from the entries of an index.json. An entry has only the grades and the close code of a case. The
 * other facts come from the case's own file. Without such a file, they are assumed to be those that the RFC demands.
 * @param recorded outcomes from case files; may be empty or incomplete.
 */
export function outcomesOf(
  cases: ReadonlyMap<string, Grades>,
  suite: readonly string[],
  recorded: Outcomes,
): IndexOutcomes {
  const idsInSuite = suite.filter((id) => cases.has(id));
  return {
    outcomes: new Map(idsInSuite.map((id) => [id, recorded.get(id) ?? outcomeOf(id, cases.get(id))])),
    missing: suite.filter((id) => !cases.has(id)),
    unknown: [...cases.keys()].filter((id) => !suite.includes(id)).sort(compareCaseIds),
  };
}

/** Makes an outcome from an entry of an index.json. Facts that the entry lacks are those that the RFC demands. */
function outcomeOf(id: string, grades: Grades | undefined): Outcome {
  const conformant = conformantOutcome(id);
  if (grades === undefined) return conformant;
  const { behavior, behaviorClose, remoteCloseCode = conformant.remoteCloseCode } = grades;
  return { ...conformant, behavior, behaviorClose, remoteCloseCode };
}

/**
 * Reads the entries of one agent (tested server) in an index.json.
 * @returns case id → grades.
 * @throws HarnessError with exit code 2 with the line of a wrong entry.
 */
function casesOf(json: JsonText, agent: string, path: string): Map<string, Grades> {
  const entries = (json.value as Record<string, Record<string, unknown>>)[agent] ?? {};
  return new Map(
    Object.entries(entries).map(([id, entry]) => {
      const grades = gradesSchema.safeParse(entry);
      if (grades.success) return [id, grades.data];
      const issue = grades.error.issues[0];
      const keys = issue?.path.filter((key) => typeof key !== 'symbol') ?? [];
      throw new HarnessError(2, {
        what: `The index entry of case ${id} of "${agent}" cannot be used.`,
        where: `${path}:${json.lineOf([agent, id, ...keys])}`,
        why: `${keys.join('.')}: ${issue?.message}`,
        todo: 'An entry needs Autobahn’s grades in behavior and behaviorClose. Record the index again, or correct the line.',
      });
    }),
  );
}

function emptyIndex(path: string): HarnessError {
  return new HarnessError(2, {
    what: 'The index contains no case.',
    where: path,
    why: 'wstest writes an empty index if it could not reach the server.',
    todo: 'Record the index again with the server running, or leave --from out.',
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const hasGrade = (entry: unknown): boolean => isRecord(entry) && 'behavior' in entry;

import { z } from 'zod';
import { CLOSE_GRADES, GRADES } from '../../reports/document/recorded-case.ts';
import type { Outcome } from '../../reports/document/report.ts';
import { compareCaseIds } from '../plan/case-id.ts';
import { conformantOutcome } from '../suites/autobahn/catalogue.ts';
import { readSpec } from '../suites/autobahn/fuzzingclient-spec.ts';
import { closestTo } from '../support/did-you-mean.ts';
import { HarnessError } from '../support/harness-error.ts';
import type { JsonText } from '../support/json-text.ts';
import { readUserJson } from '../support/user-json.ts';

/** What somebody who ran Autobahn before has, and `init --from` takes up: the spec of a run, or its index. */

/** Case id → what happened in it. */
export type Outcomes = ReadonlyMap<string, Outcome>;

/** What an index says of a case. Its close code may be left out by who thinned the file for keeping it in git. */
const gradesSchema = z.looseObject({
  behavior: z.enum(GRADES),
  behaviorClose: z.enum(CLOSE_GRADES),
  remoteCloseCode: z.number().int().nullable().optional(),
});
type Grades = z.infer<typeof gradesSchema>;

/** `fuzzingclient.json`, understood: which cases, and which servers it names. */
export interface SpecOrigin {
  form: 'spec';
  cases: readonly string[];
  warnings: readonly string[];
  servers: readonly { agent?: string | undefined; url: string }[];
}

/** `index.json`, understood: agent → case id → grades. */
export interface IndexOrigin {
  form: 'index';
  agents: ReadonlyMap<string, ReadonlyMap<string, Grades>>;
}

/** Wrong servers are no reason to refuse a spec: who names the target himself does not need them. */
const serversSchema = z.array(z.looseObject({ url: z.string(), agent: z.string().optional() })).catch([]);

/**
 * Reads either of the two files by its form, since their names differ from project to project.
 * @throws HarnessError (2) for what is neither, or one of them with a fault in it.
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
    const graded = agents.every((agent) => Object.values(value[agent] as object).every(hasGrade));
    if (graded) return { form: 'index', agents: new Map(agents.map((agent) => [agent, casesOf(json, agent, path)])) };
  }
  throw new HarnessError(2, {
    what: 'The file is nothing that a configuration could be made from.',
    where: path,
    why: 'It is neither a fuzzingclient.json, which has a list "cases", nor an index.json, which has grades by agent and case.',
    todo: 'Name one of these two, or the folder in which wstest left an index.json.',
  });
}

/** The one agent of an index that is meant. @param named with --name; @throws HarnessError (2) when that is not clear. */
export function agentOf({ agents }: IndexOrigin, path: string, named: string | undefined): string {
  const names = [...agents.keys()];
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  if (named !== undefined && agents.has(named)) return named;
  throw new HarnessError(2, {
    what: named === undefined ? 'It is not clear whose outcomes are meant.' : `The index has no agent "${named}".`,
    where: path,
    why: `It has ${names.length}: ${names.join(', ')}.`,
    todo:
      named === undefined
        ? 'Name one of them with --name.'
        : `Did you mean "${closestTo(named, names)}"? Where an index has several agents, --name says which.`,
  });
}

/** What an index says happened, sorted by whether it can be used. */
export interface IndexOutcomes {
  outcomes: Outcomes;
  /** Cases of the suite that the index lacks, in numeric order. */
  missing: readonly string[];
  /** Cases that the suite does not have. */
  unknown: readonly string[];
}

/**
 * The outcomes of an index. It has the grades and the close code of a case; the other facts are in a case's own file,
 * and without it are taken to be a conformant server's.
 * @param recorded outcomes from case files, as far as there are any.
 */
export function outcomesOf(
  cases: ReadonlyMap<string, Grades>,
  suite: readonly string[],
  recorded: Outcomes,
): IndexOutcomes {
  const known = suite.filter((id) => cases.has(id));
  return {
    outcomes: new Map(known.map((id) => [id, recorded.get(id) ?? graded(id, cases.get(id))])),
    missing: suite.filter((id) => !cases.has(id)),
    unknown: [...cases.keys()].filter((id) => !suite.includes(id)).sort(compareCaseIds),
  };
}

function graded(id: string, grades: Grades | undefined): Outcome {
  const conformant = conformantOutcome(id);
  if (grades === undefined) return conformant;
  const { behavior, behaviorClose, remoteCloseCode = conformant.remoteCloseCode } = grades;
  return { ...conformant, behavior, behaviorClose, remoteCloseCode };
}

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
        todo: 'It needs behavior and behaviorClose in the words of Autobahn. Record the index again, or correct the line.',
      });
    }),
  );
}

function emptyIndex(path: string): HarnessError {
  return new HarnessError(2, {
    what: 'The index holds not one case.',
    where: path,
    why: 'wstest leaves an empty index when it could not reach the server.',
    todo: 'Record it again with the server running, or leave --from out.',
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const hasGrade = (entry: unknown): boolean => isRecord(entry) && 'behavior' in entry;

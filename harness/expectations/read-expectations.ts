import { compareKeys, matchCases } from '../plan/case-id.ts';
import type { AutobahnOutcome } from '../suites/autobahn/outcome.ts';
import { closestTo } from '../support/did-you-mean.ts';
import { HarnessError } from '../support/harness-error.ts';
import { describeSchemaIssue } from '../support/schema-issues.ts';
import { readUserJson } from '../support/user-json.ts';
import { type Entry, type ExpectedFacts, entrySchema, expectationFileSchema, SUITE } from './expectation-file.ts';

const FACT_KEYS = Object.keys(entrySchema.shape);

/** What we hold one case to. */
export interface Expectation {
  outcome: AutobahnOutcome;
  /** Further outcomes that are known to happen now and then. */
  flaky: readonly AutobahnOutcome[];
  skip: boolean;
  why?: string;
  issue?: string;
  /** 1-based line of the entry in the expectation file; absent for the default. */
  line?: number;
  /** For the default of a file: the 1-based line of what an entry would stand behind, or first in. */
  insertLine?: number;
}

/** What a conformant server does in a case: the default of every expectation. */
export type Conformant = (id: string) => AutobahnOutcome;

/** The expectation of every case when there is no file: what a conformant server does. */
export function expectConformance(ids: readonly string[], conformant: Conformant): Map<string, Expectation> {
  return new Map(ids.map((id) => [id, { outcome: conformant(id), flaky: [], skip: false }]));
}

/** Today, as expectation files write it. */
export const today = (): string => new Date().toISOString().slice(0, 10);

/**
 * Reads an expectation file into one Expectation per case of the suite.
 * @param path named in errors only; `today` is `YYYY-MM-DD` and decides which entries have expired.
 * @throws HarnessError (2) with the line: not JSON, an unknown key, another suite, an entry that matches no case, a grade
 *   that is not OK without a `why`, an entry that has expired.
 */
export function readExpectations(
  text: string,
  path: string,
  suite: readonly string[],
  conformant: Conformant,
  today: string,
): Map<string, Expectation> {
  const fail = (what: string, line: number, why: string, todo: string): never => {
    throw new HarnessError(2, { what, where: `${path}:${line}`, why, todo });
  };
  const json = readUserJson(
    text,
    path,
    'The expectation file',
    'Correct the line. Comments and trailing commas are allowed.',
  );
  const file = expectationFileSchema.safeParse(json.value);
  if (!file.success) {
    const { text: wrong, path: keys } = describeSchemaIssue(file.error, json.value, ([first]) =>
      first === 'suite' ? Object.keys(SUITE) : [...Object.keys(expectationFileSchema.shape), ...FACT_KEYS],
    );
    return fail(
      `The expectation file cannot be used: ${wrong}.`,
      json.lineOf(keys),
      'It does not have the form of an expectation file.',
      'Correct the line, or make the file anew: ws-conformance accept.',
    );
  }
  const { suite: made, cases } = file.data;
  if (made.version !== SUITE.version || made.cases !== suite.length) {
    fail(
      `The expectation file was made for another suite: ${made.name} ${made.version} with ${made.cases} cases.`,
      json.lineOf(['suite']),
      `This run is judged by ${SUITE.name} ${SUITE.version} with ${suite.length} cases; every verdict could differ for reasons of the suite's.`,
      'Run once, look at the report, and make the file anew: ws-conformance accept.',
    );
  }

  const expectations = expectConformance(suite, conformant);
  for (const [pattern, ids] of wideFirst(Object.keys(cases), (key) => matchCases(suite, key))) {
    const line = json.lineOf(['cases', pattern]);
    if (ids.length === 0) {
      fail(
        `The expectation "${pattern}" matches no case.`,
        line,
        'An entry that matches nothing hides a typing error.',
        `Did you mean "${closestTo(pattern, suite)}"?`,
      );
    }
    const entry = entrySchema.safeParse(cases[pattern]);
    if (!entry.success) {
      const { text: wrong, path: keys } = describeSchemaIssue(entry.error, cases[pattern], () => FACT_KEYS);
      return fail(
        `The expectation of "${pattern}" cannot be used: ${wrong}.`,
        json.lineOf(['cases', pattern, ...keys]),
        'An entry names facts of a result, and why, issue, flaky, skip or until.',
        'Correct the line.',
      );
    }
    if (entry.data.until !== undefined && entry.data.until < today) {
      fail(
        `The expectation of "${pattern}" has expired: it was good until ${entry.data.until}.`,
        line,
        'The day has passed by which this should have been mended.',
        'Mend the server and drop the entry, or give it another day and say why.',
      );
    }
    for (const id of ids) {
      const expectation = expect(entry.data, conformant(id), line);
      if (entry.data.why === undefined && needsReason(expectation, conformant(id))) {
        fail(
          `The expectation of "${pattern}" does not say why.`,
          line,
          'A grade that is not OK, a flaky case and a case that is skipped each need a reason: the next reader has to know whether it is still true.',
          'Add "why": "…" to the entry.',
        );
      }
      expectations.set(id, expectation);
    }
  }
  const keys = Object.keys(cases);
  for (const [id, expectation] of expectations) {
    if (expectation.line !== undefined) continue;
    const before = keys[keys.filter((key) => compareKeys(key, id) < 0).length - 1];
    expectation.insertLine = json.lineOf(before === undefined ? ['cases'] : ['cases', before]);
  }
  return expectations;
}

/** Whether an expectation must say why: its grades are not those of a conformant server, or it may vary, or it is skipped. */
export function needsReason(
  { outcome, flaky, skip }: Pick<Expectation, 'outcome' | 'flaky' | 'skip'>,
  conformant: AutobahnOutcome,
): boolean {
  const gradesDiffer = outcome.behavior !== conformant.behavior || outcome.behaviorClose !== conformant.behaviorClose;
  return gradesDiffer || flaky.length > 0 || skip;
}

function expect(entry: Entry, conformant: AutobahnOutcome, line: number): Expectation {
  const { why, issue, flaky = [], skip = false, until: _, ...facts } = entry;
  return {
    outcome: overlay(conformant, facts),
    flaky: flaky.map((other) => overlay(conformant, other)),
    skip,
    line,
    ...(why === undefined ? {} : { why }),
    ...(issue === undefined ? {} : { issue }),
  };
}

/** A conformant server's outcome with the facts that are told otherwise. */
function overlay(conformant: AutobahnOutcome, facts: ExpectedFacts): AutobahnOutcome {
  const named = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  return { ...conformant, ...named };
}

/** Keys of an expectation file with the cases they match, widest first, so that the most specific has the last word. */
export function wideFirst(
  keys: Iterable<string>,
  match: (key: string) => readonly string[],
): [string, readonly string[]][] {
  return [...keys]
    .map((key): [string, readonly string[]] => [key, match(key)])
    .sort(([, one], [, other]) => other.length - one.length);
}

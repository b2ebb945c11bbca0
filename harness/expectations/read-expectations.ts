import type { Outcome } from '../../reports/document/report.ts';
import { compareKeys } from '../plan/case-id.ts';
import { matchCases } from '../plan/match-cases.ts';
import { caseIds, type Suite } from '../plan/suite.ts';
import { closestTo } from '../support/did-you-mean.ts';
import { HarnessError } from '../support/harness-error.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { describeSchemaIssue } from '../support/schema-issues.ts';
import { readUserJson } from '../support/user-json.ts';
import { type Entry, type ExpectedFacts, entryFormat, expectationFileSchema, suiteName } from './expectation-file.ts';

/** The expected outcome of one case. */
export interface Expectation {
  outcome: Outcome;
  /** Other outcomes that are known to occur sometimes. */
  flaky: readonly Outcome[];
  skip: boolean;
  why?: string;
  issue?: string;
  /** Line of the entry in the expectation file, counted from 1. Absent if the case has no entry. */
  line?: number;
  /** For a case without an entry: the line after which `accept` would write an entry, counted from 1. */
  insertLine?: number;
}

/** Expects what the RFC demands in every case. Used for a server without an expectation file. */
export function expectConformance(suite: Suite): Map<string, Expectation> {
  return new Map(caseIds(suite).map((id) => [id, { outcome: suite.conformant(id), flaky: [], skip: false }]));
}

/** Today's date in the form of expectation files: `YYYY-MM-DD`. */
export const today = (): string => new Date().toISOString().slice(0, 10);

/**
 * Reads the text of an expectation file.
 * @param path path of the file, for errors.
 * @param today `YYYY-MM-DD`, decides which entries have expired.
 * @returns case id → expectation, for each case of the suite.
 * @throws HarnessError with exit code 2 with the line of the error: no JSON, an unknown key, another suite, an entry
 *   that matches no case, a deviating grade without a `why`, or an expired entry.
 */
export function readExpectations(suite: Suite, text: string, path: string, today: string): Map<string, Expectation> {
  const fail = (what: string, line: number, why: string, todo: string): never => {
    throw new HarnessError(2, { what, where: `${path}:${line}`, why, todo });
  };
  const ids = caseIds(suite);
  const format = entryFormat(suite);
  const wanted = suiteName(suite);
  const json = readUserJson(
    text,
    path,
    'The expectation file',
    'Correct the line. Comments and trailing commas are allowed.',
  );
  const file = expectationFileSchema.safeParse(json.value);
  if (!file.success) {
    const { text: wrong, path: keys } = describeSchemaIssue(file.error, json.value, ([first]) =>
      first === 'suite' ? Object.keys(wanted) : [...Object.keys(expectationFileSchema.shape), ...format.keys],
    );
    return fail(
      `The expectation file cannot be used: ${wrong}.`,
      json.lineOf(keys),
      'It does not have the form of an expectation file.',
      'Correct the line, or write a new file: ws-conformance accept.',
    );
  }
  const { suite: fileSuite, cases } = file.data;
  const isSameSuite =
    fileSuite.name === wanted.name && fileSuite.version === wanted.version && fileSuite.cases === wanted.cases;
  if (!isSameSuite) {
    fail(
      `The expectation file was made for another suite: ${fileSuite.name} ${fileSuite.version} with ${fileSuite.cases} cases.`,
      json.lineOf(['suite']),
      `This run uses ${wanted.name} ${wanted.version} with ${wanted.cases} cases, and a case may have changed between the two.`,
      'Run once, look at the report, and write a new file: ws-conformance accept.',
    );
  }

  const expectations = expectConformance(suite);
  for (const [pattern, matched] of widestFirst(Object.keys(cases), (key) => matchCases(ids, key, suite.groups))) {
    const line = json.lineOf(['cases', pattern]);
    if (matched.length === 0) {
      fail(
        `The expectation "${pattern}" matches no case.`,
        line,
        'An entry that matches no case is probably a typing error.',
        `Did you mean "${closestTo(pattern, ids)}"?`,
      );
    }
    const entry = format.schema.safeParse(cases[pattern]);
    if (!entry.success) {
      const { text: wrong, path: keys } = describeSchemaIssue(entry.error, cases[pattern], () => format.keys);
      return fail(
        `The expectation of "${pattern}" cannot be used: ${wrong}.`,
        json.lineOf(['cases', pattern, ...keys]),
        'An entry contains facts of a result, and why, issue, flaky, skip or until.',
        'Correct the line.',
      );
    }
    if (entry.data.until !== undefined && entry.data.until < today) {
      fail(
        `The expectation of "${pattern}" has expired: it was valid until ${entry.data.until}.`,
        line,
        'The deviation should have been fixed by that day.',
        'Fix the deviation and remove the entry, or set another day and explain why.',
      );
    }
    for (const id of matched) {
      const expectation = expectationOf(entry.data, suite.conformant(id), line);
      if (entry.data.why === undefined && needsReason(suite, expectation, suite.conformant(id))) {
        fail(
          `The expectation of "${pattern}" does not say why.`,
          line,
          'A bad grade, a flaky case and a skipped case each need a reason, so that the next reader can check whether the reason is still valid.',
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

/** Whether an entry needs a reason: it expects a grade that the RFC does not demand, or it is flaky or skipped. */
export function needsReason(
  { fields }: Suite,
  { outcome, flaky, skip }: Pick<Expectation, 'outcome' | 'flaky' | 'skip'>,
  conformant: Outcome,
): boolean {
  const gradesDiffer = fields.some(({ name, kind }) => kind === 'grade' && outcome[name] !== conformant[name]);
  return gradesDiffer || flaky.length > 0 || skip;
}

/**
 * Makes the expectation for one case from its entry in the expectation file.
 * @param line line of the entry in the file.
 */
function expectationOf(entry: Entry, conformant: Outcome, line: number): Expectation {
  const { why, issue, flaky = [], skip = false, until: _, ...facts } = entry;
  return {
    outcome: overlay(conformant, facts),
    flaky: flaky.map((other) => overlay(conformant, other)),
    skip,
    line,
    ...omitUndefined({ why, issue }),
  };
}

/** The outcome that the RFC demands, with the facts of an entry in place of the original facts. */
const overlay = (conformant: Outcome, facts: ExpectedFacts): Outcome => ({ ...conformant, ...omitUndefined(facts) });

/**
 * Sorts the keys of an expectation file, such as `12.*`: keys that match many cases come first. If entries are applied
 * in this order, the most specific entry of a case is applied last.
 * @returns keys, each with the cases that it matches.
 */
export function widestFirst(
  keys: Iterable<string>,
  match: (key: string) => readonly string[],
): [string, readonly string[]][] {
  return [...keys]
    .map((key): [string, readonly string[]] => [key, match(key)])
    .sort(([, a], [, b]) => b.length - a.length);
}

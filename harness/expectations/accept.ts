import { isDeepStrictEqual } from 'node:util';
import type { Outcome } from '../../reports/document/report.ts';
import { compareCaseIds, compareKeys } from '../plan/case-id.ts';
import { caseIds, type OutcomeField, type Suite } from '../plan/suite.ts';
import { HarnessError } from '../support/harness-error.ts';
import { withKey } from '../support/json-edit.ts';
import { readJsonText } from '../support/json-text.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { type EntryEdit, editsFor } from './accept-entries.ts';
import { type Entry, type ExpectedFacts, entryFormat, expectationFileSchema, suiteName } from './expectation-file.ts';
import { type Expectation, needsReason } from './read-expectations.ts';

/** A change of an expectation file: what is expected of one case from now on. */
export interface ExpectationChange {
  /** Case id. */
  at: string;
  /** New entry of the case. Undefined if the outcome is what the RFC demands: such a case needs no entry. */
  entry: Entry | undefined;
  /** The change as a line for the terminal: "6.4.1: behavior OK → NON-STRICT". */
  text: string;
}

/** Number of case ids that an error lists. */
const IDS_SHOWN = 12;

/**
 * Finds the changes that make `outcomes` the expectation. An outcome that is already expected needs no change.
 * @param why reason for every new difference from the RFC that needs a reason. Without `why`, an entry keeps its
 *   reason.
 * @throws HarnessError with exit code 2 with the cases that need a reason and have none.
 */
export function findChanges(
  suite: Suite,
  outcomes: ReadonlyMap<string, Outcome>,
  expectations: ReadonlyMap<string, Expectation>,
  why: string | undefined,
): ExpectationChange[] {
  const unexplained: string[] = [];
  const changes: ExpectationChange[] = [];
  for (const id of [...outcomes.keys()].sort(compareCaseIds)) {
    const actual = outcomes.get(id);
    const expectation = expectations.get(id);
    if (!actual || !expectation || expectation.skip) continue;
    if ([expectation.outcome, ...expectation.flaky].some((known) => isDeepStrictEqual(known, actual))) continue;
    const conformant = suite.conformant(id);
    const facts = deviation(suite, actual, conformant);
    const reason = why ?? expectation.why;
    if (needsReason(suite, { outcome: actual, flaky: [], skip: false }, conformant) && reason === undefined) {
      unexplained.push(id);
      continue;
    }
    const isConformant = Object.keys(facts).length === 0;
    const entry: Entry = {
      ...facts,
      ...(isConformant ? {} : omitUndefined({ why: reason, issue: expectation.issue })),
    };
    changes.push({
      at: id,
      entry: isConformant ? undefined : entry,
      text: `${id}: ${describeChange(suite, expectation.outcome, actual)}`,
    });
  }
  if (unexplained.length > 0) {
    throw new HarnessError(2, {
      what: `${unexplained.length} outcomes cannot be accepted without a reason.`,
      where: listIds(unexplained),
      why: 'Their grades are not those of a conformant server, so the next reader needs a reason.',
      todo: 'Accept the outcomes in groups, each with its reason: accept 6.4 --why "…".',
    });
  }
  return changes;
}

/** Makes the text of a new expectation file without entries. @param server name of the server in reports. */
export function emptyExpectationFile(suite: Suite, server: string): string {
  const file = { version: 1, suite: suiteName(suite), server, default: 'conformant', cases: {} };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/**
 * Applies changes to the text of an expectation file with few edits (see `editsFor`). Comments, order and reasons of
 * unchanged entries stay. New entries are inserted in the order of case ids.
 */
export function applyChanges(suite: Suite, text: string, changes: readonly ExpectationChange[]): string {
  const { schema, keys } = entryFormat(suite);
  const { cases } = expectationFileSchema.parse(readJsonText(text, { comments: true }).value);
  const entries = new Map(Object.entries(cases).map(([key, entry]) => [key, schema.parse(entry)]));
  const wanted = new Map(changes.map(({ at, entry }) => [at, entry]));
  return editsFor(entries, wanted, { ids: caseIds(suite), groups: suite.groups }).reduce(
    (edited, edit) => applyEdit(edited, edit, entries.get(edit.key), keys),
    text,
  );
}

/**
 * Adds, removes or changes one entry. Each field is changed separately, because comments between the fields must stay.
 */
function applyEdit(
  text: string,
  { key, entry }: EntryEdit,
  before: Entry | undefined,
  order: readonly string[],
): string {
  if (
    entry === undefined ||
    before === undefined ||
    Object.keys(before).length === 0 ||
    Object.keys(entry).length === 0
  )
    return withKey(text, ['cases'], key, entry, (other) => compareKeys(other, key) < 0);
  return [...new Set([...Object.keys(before), ...Object.keys(entry)])]
    .filter((field) => !isDeepStrictEqual(entry[field], before[field]))
    .reduce((edited, field) => {
      const rank = order.indexOf(field);
      return withKey(edited, ['cases', key], field, entry[field], (other) => order.indexOf(other) < rank);
    }, text);
}

/** The facts in which an outcome differs from the outcome that the RFC demands. */
function deviation({ fields }: Suite, actual: Outcome, conformant: Outcome): ExpectedFacts {
  return Object.fromEntries(
    fields
      .filter(({ name }) => !isDeepStrictEqual(actual[name], conformant[name]))
      .map(({ name }) => [name, actual[name]]),
  );
}

/** Lists the changed facts in one line: `behavior OK → FAILED, wasClean true → false`. */
function describeChange({ fields }: Suite, before: Outcome, after: Outcome): string {
  return fields
    .filter(({ name }) => !isDeepStrictEqual(before[name], after[name]))
    .map((field) => {
      const [was, is] = [before, after].map((outcome) => shortValue(field, outcome));
      return `${field.name} ${was} → ${is}${field.kind === 'events' ? ' events' : ''}`;
    })
    .join(', ');
}

/** The value of a fact in one line. A list of events is shortened to the number of events. */
function shortValue({ name, kind }: OutcomeField, outcome: Outcome): string {
  const value = outcome[name];
  if (kind === 'events') return String(Array.isArray(value) ? value.length : 0);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function listIds(ids: readonly string[]): string {
  return ids.length <= IDS_SHOWN
    ? ids.join(' ')
    : `${ids.slice(0, IDS_SHOWN).join(' ')} and ${ids.length - IDS_SHOWN} more`;
}

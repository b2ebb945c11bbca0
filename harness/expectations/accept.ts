import { isDeepStrictEqual } from 'node:util';
import { compareCaseIds, compareKeys } from '../plan/case-id.ts';
import { AUTOBAHN_FIELDS, type AutobahnOutcome } from '../suites/autobahn/outcome.ts';
import { HarnessError } from '../support/harness-error.ts';
import { withKey } from '../support/json-edit.ts';
import { readJsonText } from '../support/json-text.ts';
import { type Edit, editsFor } from './accept-entries.ts';
import { type Entry, type ExpectedFacts, entrySchema, expectationFileSchema, SUITE } from './expectation-file.ts';
import type { Conformant, Expectation } from './read-expectations.ts';
import { needsReason } from './read-expectations.ts';

/** What one case is to be held to from now on; `entry` undefined: to what a conformant server does. */
export interface ExpectationChange {
  /** Case id. */
  at: string;
  entry: Entry | undefined;
  /** What it says, for people: "6.4.1: behavior OK → NON-STRICT". */
  text: string;
}

/**
 * What has to change in an expectation file so that `outcomes` become the expectation. Outcomes that are expected
 * already change nothing, so accepting twice changes nothing the second time.
 * @param why reason for every new deviation that needs one; an entry's own reason stays.
 * @throws HarnessError (2) naming the cases that need a reason when there is none.
 */
export function findChanges(
  outcomes: ReadonlyMap<string, AutobahnOutcome>,
  expectations: ReadonlyMap<string, Expectation>,
  conformant: Conformant,
  why: string | undefined,
): ExpectationChange[] {
  const unexplained: string[] = [];
  const changes: ExpectationChange[] = [];
  for (const id of [...outcomes.keys()].sort(compareCaseIds)) {
    const actual = outcomes.get(id);
    const expectation = expectations.get(id);
    if (!actual || !expectation || expectation.skip) continue;
    if ([expectation.outcome, ...expectation.flaky].some((known) => isDeepStrictEqual(known, actual))) continue;
    const facts = deviation(actual, conformant(id));
    const reason = why ?? expectation.why;
    if (needsReason({ outcome: actual, flaky: [], skip: false }, conformant(id)) && reason === undefined) {
      unexplained.push(id);
      continue;
    }
    const isConformant = Object.keys(facts).length === 0;
    const entry: Entry = {
      ...facts,
      ...(reason === undefined || isConformant ? {} : { why: reason }),
      ...(expectation.issue === undefined || isConformant ? {} : { issue: expectation.issue }),
    };
    changes.push({ at: id, entry: isConformant ? undefined : entry, text: describe(id, expectation.outcome, actual) });
  }
  if (unexplained.length > 0) {
    throw new HarnessError(2, {
      what: `${unexplained.length} outcomes cannot be accepted without a reason.`,
      where: listed(unexplained),
      why: 'Their grades are not those of a conformant server; the next reader has to know why that is right.',
      todo: 'Accept them by groups, each with its reason: accept 6.4 --why "…".',
    });
  }
  return changes;
}

/** The text of a new expectation file without entries. */
export function emptyExpectationFile(server: string): string {
  const file = { version: 1, suite: SUITE, server, default: 'conformant', cases: {} };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** The order of what an entry says; a new field is put where it belongs in it. */
const ENTRY_KEYS: readonly string[] = [...AUTOBAHN_FIELDS, ...Object.keys(entrySchema.shape)];

/**
 * Applies changes to the text of an expectation file, as a person would; see `editsFor`. Comments, order and reasons of
 * what stays are kept, and new entries stand in numeric order.
 */
export function applyChanges(text: string, changes: readonly ExpectationChange[], suite: readonly string[]): string {
  const { cases } = expectationFileSchema.parse(readJsonText(text, { comments: true }).value);
  const entries = new Map(Object.entries(cases).map(([key, entry]) => [key, entrySchema.parse(entry)]));
  const wanted = new Map(changes.map(({ at, entry }) => [at, entry]));
  return editsFor(entries, wanted, suite).reduce((edited, edit) => withEdit(edited, edit, entries.get(edit.key)), text);
}

/** A text with one entry changed field by field, so that what is written beside the fields stays; or added, or taken away. */
function withEdit(text: string, { key, entry }: Edit, before: Entry | undefined): string {
  if (
    entry === undefined ||
    before === undefined ||
    Object.keys(before).length === 0 ||
    Object.keys(entry).length === 0
  )
    return withKey(text, ['cases'], key, entry, (other) => compareKeys(other, key) < 0);
  const fields = new Map<string, unknown>(Object.entries(entry));
  return [...new Set([...Object.keys(before), ...fields.keys()])]
    .filter((field) => !isDeepStrictEqual(fields.get(field), before[field as keyof Entry]))
    .reduce((edited, field) => {
      const rank = ENTRY_KEYS.indexOf(field);
      return withKey(edited, ['cases', key], field, fields.get(field), (other) => ENTRY_KEYS.indexOf(other) < rank);
    }, text);
}

/** The facts in which an outcome is not that of a conformant server. */
function deviation(actual: AutobahnOutcome, conformant: AutobahnOutcome): ExpectedFacts {
  return Object.fromEntries(
    AUTOBAHN_FIELDS.filter((at) => !isDeepStrictEqual(actual[at], conformant[at])).map((at) => [at, actual[at]]),
  );
}

function describe(id: string, before: AutobahnOutcome, now: AutobahnOutcome): string {
  const fields = AUTOBAHN_FIELDS.filter((at) => !isDeepStrictEqual(before[at], now[at]));
  return `${id}: ${fields.map((at) => (at === 'received' ? `received ${before.received.length} → ${now.received.length} events` : `${at} ${String(before[at])} → ${String(now[at])}`)).join(', ')}`;
}

function listed(ids: readonly string[]): string {
  return ids.length <= 12 ? ids.join(' ') : `${ids.slice(0, 12).join(' ')} and ${ids.length - 12} more`;
}

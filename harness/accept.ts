import { renameSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { applyEdits, type JSONPath, modify } from 'jsonc-parser';
import { OUTCOME_FIELDS, type Outcome } from '../reports/report.ts';
import { compareCaseIds, compareKeys, insertionIndex, matchCases } from './case-id.ts';
import { type Entry, type Facts, SUITE } from './expectation-file.ts';
import type { Conformant, Expectation } from './expected.ts';
import { needsReason } from './expected.ts';
import { readJsonText } from './json-text.ts';
import { Trouble } from './trouble.ts';

/** One change to an expectation file; `entry` undefined takes the entry away. */
export interface Change {
  /** Case id, or a section pattern when every case of the section is alike. */
  at: string;
  entry: Entry | undefined;
  /** What it says, for people: "6.4.1: behavior OK → NON-STRICT". */
  text: string;
}

/**
 * What has to change in an expectation file so that `outcomes` become the expectation. Outcomes that are expected
 * already change nothing, so accepting twice changes nothing the second time.
 * @param why reason for every new deviation that needs one; an entry's own reason stays.
 * @throws Trouble (2) naming the cases that need a reason when there is none.
 */
export function findChanges(
  outcomes: ReadonlyMap<string, Outcome>,
  expectations: ReadonlyMap<string, Expectation>,
  conformant: Conformant,
  why: string | undefined,
): Change[] {
  const unexplained: string[] = [];
  const changes: Change[] = [];
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
    throw new Trouble(2, {
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

/**
 * Applies changes to the text of an expectation file: comments, order and reasons of what stays are kept, new entries
 * stand in numeric order. Where every case of a section has the same new entry, one entry for the section is written.
 */
export function applyChanges(text: string, changes: readonly Change[], suite: readonly string[]): string {
  let edited = text;
  const keysOf = () => Object.keys((readJsonText(edited, { comments: true }).value as { cases: object }).cases);
  for (const { at, entry } of groupSections(changes, suite, keysOf())) {
    const keys = keysOf();
    // A case below a section's entry that is conformant again must say so itself.
    const coveredBySection = keys.some((key) => key !== at && matchCases(suite, key).includes(at));
    const value = entry ?? (coveredBySection ? {} : undefined);
    const path: JSONPath = ['cases', at];
    edited = applyEdits(
      edited,
      modify(edited, path, value, {
        formattingOptions: { insertSpaces: true, tabSize: 2 },
        getInsertionIndex: (existing) => insertionIndex(existing, at),
      }),
    );
  }
  return edited;
}

/** Replaces a file as a whole, or not at all. */
export function writeAtomically(path: string, text: string): void {
  const beside = `${path}.${process.pid}.new`;
  writeFileSync(beside, text);
  renameSync(beside, path);
}

/** The facts in which an outcome is not that of a conformant server. */
function deviation(actual: Outcome, conformant: Outcome): Facts {
  return Object.fromEntries(
    OUTCOME_FIELDS.filter((at) => !isDeepStrictEqual(actual[at], conformant[at])).map((at) => [at, actual[at]]),
  );
}

function describe(id: string, before: Outcome, now: Outcome): string {
  const fields = OUTCOME_FIELDS.filter((at) => !isDeepStrictEqual(before[at], now[at]));
  return `${id}: ${fields.map((at) => (at === 'received' ? `received ${before.received.length} → ${now.received.length} events` : `${at} ${String(before[at])} → ${String(now[at])}`)).join(', ')}`;
}

/** Puts one change for `12.*` where all cases of 12 get the same new entry and none has one of its own. */
function groupSections(changes: readonly Change[], suite: readonly string[], keys: readonly string[]): Change[] {
  let left = [...changes];
  const grouped: Change[] = [];
  const sections = new Set(changes.flatMap(({ at }) => ancestors(at)));
  for (const section of [...sections].sort(
    (a, b) => a.split('.').length - b.split('.').length || compareCaseIds(a, b),
  )) {
    const members = matchCases(suite, section);
    const mine = left.filter(({ at }) => members.includes(at));
    const [first] = mine;
    if (!first?.entry || members.length < 3 || mine.length !== members.length) continue;
    if (!mine.every(({ entry }) => isDeepStrictEqual(entry, first.entry))) continue;
    if (members.some((id) => keys.includes(id)) || keys.includes(`${section}.*`)) continue;
    grouped.push({ at: `${section}.*`, entry: first.entry, text: first.text });
    left = left.filter((change) => !mine.includes(change));
  }
  return [...grouped, ...left].sort((a, b) => compareKeys(a.at, b.at));
}

/** 12.1.3 → 12, 12.1. */
function ancestors(id: string): string[] {
  const parts = id.split('.');
  return parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join('.'));
}

function listed(ids: readonly string[]): string {
  return ids.length <= 12 ? ids.join(' ') : `${ids.slice(0, 12).join(' ')} and ${ids.length - 12} more`;
}

import { isDeepStrictEqual } from 'node:util';
import { compareCaseIds, compareKeys, sectionsOf } from '../plan/case-id.ts';
import { type CaseGroups, matchCases } from '../plan/match-cases.ts';
import type { Entry } from './expectation-file.ts';
import { widestFirst } from './read-expectations.ts';

/** One edit of an expectation file: the new entry of a key (a case id or section). Undefined removes the key. */
export interface EntryEdit {
  /** Case id or pattern. */
  key: string;
  entry: Entry | undefined;
}

/** Key of the expectation file → entry. */
type Entries = ReadonlyMap<string, Entry>;
/** Finds the cases that a key matches, in numeric order. */
type Match = (key: string) => readonly string[];
/** Case id → the entry that the case must get. Undefined: the case is expected to follow the RFC. */
type WantedEntries = Map<string, Entry | undefined>;

/** A section with at least this many cases gets one entry for all cases if their entries are equal. */
const MIN_SECTION_CASES = 3;

const CONFORMANT: Entry = {};

/** Compares two entries. A missing entry is equal to an entry without facts: both expect what the RFC demands. */
const isSameEntry = (a: Entry | undefined, b: Entry | undefined) => isDeepStrictEqual(a ?? CONFORMANT, b ?? CONFORMANT);

/**
 * Finds the edits of an expectation file that a person would make to change the expectations of some cases. An entry is
 * for one case or for a section, such as `12.*`. The rules are:
 * - If all cases of an entry change, the entry itself is changed or removed.
 * - If an entry would have more exceptions than remaining cases, smaller entries replace the entry.
 * - If all cases of a section have equal entries, one entry of the section replaces them.
 * - An entry that has no effect is removed.
 * @param wanted the cases that change, with their new entries. All other cases keep their expectation.
 */
export function editsFor(
  entries: ReadonlyMap<string, Entry>,
  wanted: ReadonlyMap<string, Entry | undefined>,
  { ids, groups }: { ids: readonly string[]; groups: CaseGroups },
): EntryEdit[] {
  const cache = new Map<string, readonly string[]>();
  const match: Match = (key) => {
    const matched = cache.get(key) ?? matchCases(ids, key, groups);
    cache.set(key, matched);
    return matched;
  };
  const edited = new Map(entries);
  const open: WantedEntries = new Map(wanted);
  const decidingKey = decidingKeys(entries, match);
  for (const [key, matched] of widestFirst(entries.keys(), match).reverse()) {
    const decided = matched.filter((id) => decidingKey.get(id) === key);
    if (!ids.includes(key) && decided.some((id) => wanted.has(id))) changePattern(key, decided, edited, open, match);
  }
  changeCases(edited, open, match);
  removeIneffective(entries, edited, match);
  const removals = [...entries.keys()]
    .filter((key) => !edited.has(key))
    .map((key): EntryEdit => ({ key, entry: undefined }));
  const changes = [...edited]
    .filter(([key, entry]) => !isDeepStrictEqual(entries.get(key), entry))
    .map(([key, entry]): EntryEdit => ({ key, entry }));
  return [...removals, ...changes].sort((a, b) => compareKeys(a.key, b.key));
}

/**
 * Changes the entry of a pattern such as `12.*` if some or all of its cases change.
 * @param decided cases for which the entry is the most specific one.
 * @param edited the entries so far. The function changes this map.
 * @param open cases that still need an entry. The function changes this map.
 */
function changePattern(
  key: string,
  decided: readonly string[],
  edited: Map<string, Entry>,
  open: WantedEntries,
  match: Match,
): void {
  const changed = decided.filter((id) => open.has(id));
  const unchanged = decided.filter((id) => !open.has(id));
  const entry = edited.get(key);
  const others = new Map([...edited].filter(([other]) => other !== key));
  const withoutEntry = entriesOf(others, decided, match);
  if (unchanged.length === 0) {
    const common = commonEntry(changed.map((id) => open.get(id)));
    if (withoutEntry.every((other) => isSameEntry(other, common))) edited.delete(key);
    else edited.set(key, common ?? CONFORMANT);
    return;
  }
  const exceptions = groupBySection(new Map(changed.map((id) => [id, open.get(id)])), edited, match).length;
  const replacements: WantedEntries = new Map(unchanged.map((id) => [id, entry]));
  for (const id of changed) if (!isSameEntry(open.get(id), undefined)) replacements.set(id, open.get(id));
  if (withoutEntry.some((other) => !isSameEntry(other, undefined))) return;
  if (groupBySection(replacements, others, match).length > exceptions) return;
  edited.delete(key);
  for (const id of unchanged) open.set(id, entry);
}

/** Adds, changes or removes the entries of single cases. New entries of equal cases become one entry of their section. */
function changeCases(edited: Map<string, Entry>, open: WantedEntries, match: Match): void {
  const added: WantedEntries = new Map();
  // The entries of these cases themselves are left out. `decidingKey` then has the wider entry, such as `12.*`, that
  // applies to each case.
  const patterns = new Map([...edited].filter(([key]) => !open.has(key)));
  const decidingKey = decidingKeys(patterns, match);
  for (const [id, entry] of open) {
    const decidingEntry = patterns.get(decidingKey.get(id) ?? '');
    if (isSameEntry(entry, decidingEntry)) edited.delete(id);
    else if (edited.has(id)) edited.set(id, entry ?? CONFORMANT);
    else added.set(id, entry);
  }
  for (const { key, entry } of groupBySection(added, edited, match)) edited.set(key, entry ?? CONFORMANT);
}

/**
 * Removes entries that expect what the RFC demands, if no wider entry expects anything else for their cases any more.
 */
function removeIneffective(before: Entries, edited: Map<string, Entry>, match: Match): void {
  const isIneffective = (entries: Entries, key: string) => {
    const others = new Map([...entries].filter(([other]) => other !== key));
    return entriesOf(others, match(key), match).every((entry) => isSameEntry(entry, undefined));
  };
  for (const [key, entry] of edited) {
    const isConformant = isSameEntry(entry, undefined);
    if (isConformant && isIneffective(edited, key) && !isIneffective(before, key)) edited.delete(key);
  }
}

/**
 * Replaces the wanted entries of a whole section by one edit, such as `12.*`, if all cases of the section want the same
 * entry and the file has no entry for the section or its cases. The other cases get one edit each.
 */
function groupBySection(wanted: WantedEntries, entries: Entries, match: Match): EntryEdit[] {
  const ungrouped = new Map(wanted);
  const edits: EntryEdit[] = [];
  const sections = [...new Set([...wanted.keys()].flatMap(sectionsOf))].sort(
    (a, b) => a.split('.').length - b.split('.').length || compareCaseIds(a, b),
  );
  for (const section of sections) {
    const members = match(section);
    const [first = ''] = members;
    const hasEntry = entries.has(`${section}.*`) || members.some((id) => entries.has(id));
    if (members.length < MIN_SECTION_CASES || hasEntry) continue;
    const entry = ungrouped.get(first);
    if (!members.every((id) => ungrouped.has(id) && isSameEntry(ungrouped.get(id), entry))) continue;
    edits.push({ key: `${section}.*`, entry });
    for (const id of members) ungrouped.delete(id);
  }
  return [...edits, ...[...ungrouped].map(([key, entry]): EntryEdit => ({ key, entry }))];
}

/** Case id → the key whose entry applies to the case: the most specific key that matches. */
function decidingKeys(entries: Entries, match: Match): Map<string, string> {
  return new Map(widestFirst(entries.keys(), match).flatMap(([key, ids]) => ids.map((id) => [id, key] as const)));
}

/** The most specific entry of each case, in the order of `ids`; undefined if no key matches the case. */
function entriesOf(entries: Entries, ids: readonly string[], match: Match): (Entry | undefined)[] {
  const decidingKey = decidingKeys(entries, match);
  return ids.map((id) => entries.get(decidingKey.get(id) ?? ''));
}

/** The entry that more than half of the cases want; undefined if no entry is so common. */
function commonEntry(entries: readonly (Entry | undefined)[]): Entry | undefined {
  return entries.find((entry) => entries.filter((other) => isSameEntry(entry, other)).length * 2 > entries.length);
}

import { isDeepStrictEqual } from 'node:util';
import { compareCaseIds, compareKeys, sectionsOf } from '../plan/case-id.ts';
import { type CaseGroups, matchCases } from '../plan/match-cases.ts';
import type { Entry } from './expectation-file.ts';
import { widestFirst } from './read-expectations.ts';

/** One edit of an expectation file: what stands under a key from now on; undefined takes the key away. */
export interface EntryEdit {
  /** Case id or pattern. */
  key: string;
  entry: Entry | undefined;
}

type Entries = ReadonlyMap<string, Entry>;
/** The cases that a key matches, in numeric order. */
type Match = (key: string) => readonly string[];
/** Case id → its entry, or undefined where it does what a conformant server does. */
type Wanted = Map<string, Entry | undefined>;

/** Cases that are alike get an entry of their section's from this number on. */
const WORTH_A_SECTION = 3;

const CONFORMANT: Entry = {};
const alike = (one: Entry | undefined, other: Entry | undefined) =>
  isDeepStrictEqual(one ?? CONFORMANT, other ?? CONFORMANT);

/**
 * The edits by which a person would come from the entries there are to those that are wanted. An entry whose cases have
 * all changed is itself changed, or goes; one that has more exceptions than cases gives way to entries for what is left of
 * it; cases that are alike share an entry; and what says no more than a wider entry does goes too.
 * @param wanted the cases that change; all others stay as they are.
 */
export function editsFor(
  entries: ReadonlyMap<string, Entry>,
  wanted: ReadonlyMap<string, Entry | undefined>,
  { ids, groups }: { ids: readonly string[]; groups: CaseGroups },
): EntryEdit[] {
  const known = new Map<string, readonly string[]>();
  const match: Match = (key) => {
    const matched = known.get(key) ?? matchCases(ids, key, groups);
    known.set(key, matched);
    return matched;
  };
  const now = new Map(entries);
  const left: Wanted = new Map(wanted);
  const ruler = rulers(entries, match);
  for (const [key, matched] of widestFirst(entries.keys(), match).reverse()) {
    const own = matched.filter((id) => ruler.get(id) === key);
    if (!ids.includes(key) && own.some((id) => wanted.has(id))) changeSection(key, own, now, left, match);
  }
  changeCases(now, left, match);
  dropIdle(entries, now, match);
  const gone = [...entries.keys()].filter((key) => !now.has(key)).map((key): EntryEdit => ({ key, entry: undefined }));
  const other = [...now].filter(([key, entry]) => !isDeepStrictEqual(entries.get(key), entry));
  return [...gone, ...other.map(([key, entry]): EntryEdit => ({ key, entry }))].sort((a, b) =>
    compareKeys(a.key, b.key),
  );
}

/** A pattern whose cases change, all of them or some. @param own the cases it has the last word on. */
function changeSection(key: string, own: readonly string[], now: Map<string, Entry>, left: Wanted, match: Match): void {
  const changed = own.filter((id) => left.has(id));
  const kept = own.filter((id) => !left.has(id));
  const entry = now.get(key);
  const wider = new Map([...now].filter(([other]) => other !== key));
  const below = covers(wider, own, match);
  if (kept.length === 0) {
    const most = majority(changed.map((id) => left.get(id)));
    if (below.every((one) => alike(one, most))) now.delete(key);
    else now.set(key, most ?? CONFORMANT);
    return;
  }
  const exceptions = grouped(new Map(changed.map((id) => [id, left.get(id)])), now, match).length;
  const rest: Wanted = new Map(kept.map((id) => [id, entry]));
  for (const id of changed) if (!alike(left.get(id), undefined)) rest.set(id, left.get(id));
  if (below.some((one) => !alike(one, undefined)) || grouped(rest, wider, match).length > exceptions) return;
  now.delete(key);
  for (const id of kept) left.set(id, entry);
}

/** Single cases: those with an entry of their own, and new ones, together where a section is alike. */
function changeCases(now: Map<string, Entry>, left: Wanted, match: Match): void {
  const fresh: Wanted = new Map();
  // No entry of a single case covers another one.
  const patterns = new Map([...now].filter(([key]) => !left.has(key)));
  const ruler = rulers(patterns, match);
  for (const [id, entry] of left) {
    const cover = patterns.get(ruler.get(id) ?? '');
    if (alike(entry, cover)) now.delete(id);
    else if (now.has(id)) now.set(id, entry ?? CONFORMANT);
    else fresh.set(id, entry);
  }
  for (const { key, entry } of grouped(fresh, now, match)) now.set(key, entry ?? CONFORMANT);
}

/** Takes away entries that say "as a conformant server" where no wider one says otherwise any more. */
function dropIdle(before: Entries, now: Map<string, Entry>, match: Match): void {
  const isIdle = (all: Entries, key: string) => {
    const others = new Map([...all].filter(([other]) => other !== key));
    return covers(others, match(key), match).every((one) => alike(one, undefined));
  };
  for (const [key, entry] of now)
    if (alike(entry, undefined) && isIdle(now, key) && !isIdle(before, key)) now.delete(key);
}

/** One edit for `12.*` where all cases of 12 get the same entry and nothing is said of any of them or of the section. */
function grouped(cases: Wanted, now: Entries, match: Match): EntryEdit[] {
  const left = new Map(cases);
  const edits: EntryEdit[] = [];
  const sections = [...new Set([...cases.keys()].flatMap(sectionsOf))].sort(
    (a, b) => a.split('.').length - b.split('.').length || compareCaseIds(a, b),
  );
  for (const section of sections) {
    const members = match(section);
    const [first = ''] = members;
    if (members.length < WORTH_A_SECTION || now.has(`${section}.*`) || members.some((id) => now.has(id))) continue;
    if (!members.every((id) => left.has(id) && alike(left.get(id), left.get(first)))) continue;
    edits.push({ key: `${section}.*`, entry: left.get(first) });
    for (const id of members) left.delete(id);
  }
  return [...edits, ...[...left].map(([key, entry]): EntryEdit => ({ key, entry }))];
}

/** Case id → the key that has the last word on it. */
function rulers(entries: Entries, match: Match): Map<string, string> {
  return new Map(widestFirst(entries.keys(), match).flatMap(([key, ids]) => ids.map((id) => [id, key] as const)));
}

/** What is said of each of some cases. */
function covers(entries: Entries, ids: readonly string[], match: Match): (Entry | undefined)[] {
  const ruler = rulers(entries, match);
  return ids.map((id) => entries.get(ruler.get(id) ?? ''));
}

/** What more than half of the cases are to have; undefined where no entry is that common. */
function majority(entries: readonly (Entry | undefined)[]): Entry | undefined {
  return entries.find((one) => entries.filter((other) => alike(one, other)).length * 2 > entries.length);
}

import { closestTo } from '../support/did-you-mean.ts';
import { HarnessError } from '../support/harness-error.ts';
import { compareCaseIds, sectionsOf } from './case-id.ts';

/** Maps the name of a group of cases, such as `@core`, to a function that says whether a case id is in the group. */
export type CaseGroups = Readonly<Record<string, (id: string) => boolean>>;

/**
 * One part of a case id or pattern. `*` must be a whole part: `2.1*` matches nothing, so it cannot match 2.10 by
 * mistake.
 */
const PART = /^(?:\*|\d+|[A-Za-z_]\w*)$/;
const RANGE = /^([\w.]+)-([\w.]+)$/;

/**
 * Finds the case ids that one pattern matches. A pattern is an id or section (`7.1.6`, `7.1`, `7`), a glob (`7.1.*`), a
 * range (`12.1.1-12.1.9`) or a group (`@core`).
 * @returns ids in the order of `ids`; empty if the pattern matches nothing.
 */
export function matchCases(ids: readonly string[], pattern: string, groups: CaseGroups = {}): string[] {
  const group = Object.hasOwn(groups, pattern) ? groups[pattern] : undefined;
  if (group !== undefined) return ids.filter((id) => group(id));
  if (pattern === '*') return [...ids];
  const [, from, to] = RANGE.exec(pattern) ?? [];
  if (from !== undefined && to !== undefined)
    return ids.filter((id) => compareCaseIds(id, from) >= 0 && (compareCaseIds(id, to) <= 0 || isUnder(id, to)));
  const parts = pattern.split('.');
  if (!parts.every((part) => PART.test(part))) return [];
  return ids.filter((id) => {
    const idParts = id.split('.');
    return parts.length <= idParts.length && parts.every((part, i) => part === '*' || samePart(part, idParts[i] ?? ''));
  });
}

const isUnder = (id: string, section: string): boolean => id.startsWith(`${section}.`);

/** Compares a part of a pattern with a part of an id. Numbers are compared by value: `07` matches `7`. */
const samePart = (pattern: string, part: string): boolean =>
  pattern === part || (/^\d+$/.test(pattern) && /^\d+$/.test(part) && Number(pattern) === Number(part));

/**
 * Selects cases by patterns. `!pattern` excludes cases. If every pattern excludes, the selection starts with all cases.
 * @returns ids in the order of `compareCaseIds`, never empty.
 * @throws HarnessError with exit code 2 with the closest id if a pattern matches nothing, or if the selection is empty.
 */
export function selectCases(ids: readonly string[], patterns: readonly string[], groups: CaseGroups = {}): string[] {
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!'));
  const unwanted = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const match = (pattern: string) => matchOrFail(ids, pattern, groups);
  const selected = new Set(wanted.length === 0 ? ids : wanted.flatMap(match));
  for (const id of unwanted.flatMap(match)) selected.delete(id);
  if (selected.size === 0) {
    throw new HarnessError(2, {
      what: 'The selection is empty: no case would be played.',
      where: patterns.join(' '),
      why: 'The patterns that start with "!" exclude every case that the other patterns select.',
      todo: 'Remove a pattern that starts with "!".',
    });
  }
  return [...selected].sort(compareCaseIds);
}

function matchOrFail(ids: readonly string[], pattern: string, groups: CaseGroups): string[] {
  const found = matchCases(ids, pattern, groups);
  if (found.length > 0) return found;
  const sections = new Set(ids.flatMap((id) => [...sectionsOf(id), id]));
  const names = Object.keys(groups);
  const closest = closestTo(pattern.replaceAll('*', ''), [...sections, ...names]);
  // Case ids usually consist of numbers. A pattern without a digit is similar to none of them, so a suggestion would
  // not help.
  const isGuessable = /\d|^@/.test(pattern) || ids.some((id) => /[a-z]/i.test(id));
  const guess = isGuessable ? `Did you mean "${closest}"? ` : '';
  const group = names.length === 0 ? '' : ` or a group (${names.join(', ')})`;
  throw new HarnessError(2, {
    what: `No case matches "${pattern}".`,
    ...(describeMistake(pattern, guess) ?? {
      why: `A pattern is an id or section (7.1.6, 7.1, 7), a glob (7.1.*), a range (12.1.1-12.1.9)${group}.`,
      todo: `${guess}"list" prints all cases.`,
    }),
  });
}

/** Explains a mistake in the form of a pattern, for an error; undefined if the form is right. */
function describeMistake(pattern: string, guess: string): { why: string; todo: string } | undefined {
  const [, from, to] = RANGE.exec(pattern) ?? [];
  if (from !== undefined && to !== undefined && /\d/.test(from) && compareCaseIds(from, to) > 0)
    return { why: 'The range ends before it begins.', todo: `Did you mean "${to}-${from}"?` };
  if (/[\s,]/.test(pattern.trim())) {
    const patterns = pattern.trim().split(/[\s,]+/);
    return {
      why: 'The text is read as one pattern.',
      todo: `Put spaces between several patterns: ${patterns.filter(Boolean).join(' ')}`,
    };
  }
  if (/[^.]\*|\*[^.]/.test(pattern))
    return { why: 'A * matches a whole part of an id.', todo: `${guess}"list" prints all cases.` };
  return undefined;
}

import { closestTo } from '../support/did-you-mean.ts';
import { HarnessError } from '../support/harness-error.ts';

/** Orders case ids by their numbers: 2.2 before 2.10, 9.8.6 before 10.1.1. */
export function compareCaseIds(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Numeric order of the keys of an expectation file; a section stands before the cases in it. */
export function compareKeys(a: string, b: string): number {
  return compareCaseIds(a.replace(/\.\*/g, ''), b.replace(/\.\*/g, ''));
}

/** The named groups: `@core` is everything but the costly parts, and what most gates run. */
const GROUPS: Readonly<Record<string, (category: number) => boolean>> = {
  '@core': (category) => category <= 7 || category === 10,
  '@limits': (category) => category === 9,
  '@deflate': (category) => category === 12 || category === 13,
};

const categoryOf = (id: string) => Number(id.split('.')[0]);
const isUnder = (id: string, section: string) => id === section || id.startsWith(`${section}.`);

/**
 * The ids below `all` that one pattern names: an id or section (`7.1.6`, `7.1`, `7`), a glob (`7.1.*`), a range
 * (`12.1.1-12.1.9`) or a group (`@core`). A `*` stands for whole components only, so that `2.1*` cannot quietly mean
 * 2.10 and 2.11 as it does in Autobahn's own spec files.
 */
export function matchCases(all: readonly string[], pattern: string): string[] {
  const group = GROUPS[pattern];
  if (group) return all.filter((id) => group(categoryOf(id)));
  if (pattern === '*') return [...all];
  const range = /^(\d+(?:\.\d+)*)-(\d+(?:\.\d+)*)$/.exec(pattern);
  if (range?.[1] && range[2]) {
    const [, from, to] = range;
    return all.filter((id) => compareCaseIds(id, from) >= 0 && (compareCaseIds(id, to) <= 0 || isUnder(id, to)));
  }
  const parts = pattern.split('.');
  if (!parts.every((part) => part === '*' || /^\d+$/.test(part))) return [];
  return all.filter((id) => {
    const components = id.split('.');
    if (parts.length > components.length) return false;
    return parts.every((part, i) => part === '*' || Number(part) === Number(components[i]));
  });
}

/**
 * Chooses cases by patterns; `!pattern` takes away, and patterns that only take away start from all.
 * @returns ids in numeric order, never empty.
 * @throws HarnessError (2) naming the nearest id when a pattern matches nothing or the selection is empty.
 */
export function selectCases(all: readonly string[], patterns: readonly string[]): string[] {
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!'));
  const unwanted = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const chosen = new Set(wanted.length === 0 ? all : wanted.flatMap((pattern) => matchOrFail(all, pattern)));
  for (const pattern of unwanted) for (const id of matchOrFail(all, pattern)) chosen.delete(id);
  if (chosen.size === 0) {
    throw new HarnessError(2, {
      what: 'The selection is empty: no case would be played.',
      where: patterns.join(' '),
      why: 'Everything that was chosen is taken away again.',
      todo: 'Drop one of the patterns that start with "!".',
    });
  }
  return [...chosen].sort(compareCaseIds);
}

function matchOrFail(all: readonly string[], pattern: string): string[] {
  const found = matchCases(all, pattern);
  if (found.length > 0) return found;
  const sections = new Set(all.flatMap((id) => id.split('.').map((_, i, parts) => parts.slice(0, i + 1).join('.'))));
  const like = closestTo(pattern.replaceAll('*', ''), [...sections, ...Object.keys(GROUPS)]);
  // Nothing is like a word without a figure in it.
  const guess = /\d|^@/.test(pattern) ? `Did you mean "${like}"? ` : '';
  throw new HarnessError(2, {
    what: `No case matches "${pattern}".`,
    ...(misread(pattern, guess) ?? {
      why: `A case is chosen by id or section (7.1.6, 7.1, 7), glob (7.1.*), range (12.1.1-12.1.9) or group (${Object.keys(GROUPS).join(', ')}).`,
      todo: `${guess}"list" prints them all.`,
    }),
  });
}

/** What is wrong with the form of a pattern, where that can be told. */
function misread(pattern: string, guess: string): { why: string; todo: string } | undefined {
  const [, from, to] = /^([\d.]+)-([\d.]+)$/.exec(pattern) ?? [];
  if (from && to && compareCaseIds(from, to) > 0)
    return { why: 'The range ends before it begins.', todo: `Did you mean "${to}-${from}"?` };
  if (/[\s,]/.test(pattern.trim()))
    return {
      why: 'It is read as one pattern.',
      todo: `Put spaces between several: ${pattern
        .trim()
        .split(/[\s,]+/)
        .filter(Boolean)
        .join(' ')}`,
    };
  if (/[^.]\*|\*[^.]/.test(pattern))
    return { why: 'A * stands for a whole component.', todo: `${guess}"list" prints them all.` };
  return undefined;
}

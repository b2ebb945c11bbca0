import { idRanges } from './id-ranges.ts';
import { plural } from './vocabulary.ts';

/** Smallest number of similar items that are shown as one group. */
const FROM = 4;
/** Number of id ranges that are shown at once. Further ranges are folded on pages and counted in texts. */
const RANGES_SHOWN = 12;

/** A group of items that say the same, in their original order; often a single item. */
export type SimilarGroup<T> = readonly [T, ...T[]];

/**
 * Groups items that say the same, each group at the place of its first item. Items of a group with fewer than `from`
 * items stay single, at their own places.
 */
export function groupSimilar<T>(
  all: readonly T[],
  sayingOf: (one: T, at: number) => string,
  from = FROM,
): SimilarGroup<T>[] {
  const groups = new Map<string, [T, ...T[]]>();
  const placed = all.map((one, at) => {
    const key = sayingOf(one, at);
    const group = groups.get(key);
    if (group === undefined) {
      const begun: [T, ...T[]] = [one];
      groups.set(key, begun);
      return { one, group: begun, isFirst: true };
    }
    group.push(one);
    return { one, group, isFirst: false };
  });
  return placed.flatMap(({ one, group, isFirst }): SimilarGroup<T>[] =>
    group.length < from ? [[one]] : isFirst ? [group] : [],
  );
}

/**
 * A sentence without the payloads that the sentence quotes. A server that damages every message gets a sentence with
 * another payload in each case.
 */
export function unquoted(sentence: string): string {
  return sentence.replace(/“[^”]*”/g, '“…”');
}

/** The facts that all cases of a group have in common. */
export interface InCommon {
  /** The name of the group: `80 cases`, or the case id of a single case. */
  name: string;
  /** The case ids of the group as ranges; empty for a single case. */
  ranges: readonly string[];
  /** The sentence of all cases of the group, without quoted payloads if the payloads differ. */
  sentence: string;
}

/** Finds the name, the ranges and the sentence of a group of cases. */
export function inCommon(
  cases: SimilarGroup<{ readonly id: string; readonly sentence: string }>,
  plan: readonly string[],
): InCommon {
  const [{ id, sentence }, ...others] = cases;
  const ids = cases.map((one) => one.id);
  return {
    name: others.length === 0 ? id : plural(cases.length, 'case'),
    ranges: others.length === 0 ? [] : idRanges(ids, plan),
    sentence: others.every((other) => other.sentence === sentence) ? sentence : unquoted(sentence),
  };
}

/** A text that all items of a group have in common; `…` if their texts differ. */
export function common<T>(all: SimilarGroup<T>, wordsOf: (one: T) => string): string {
  const words = wordsOf(all[0]);
  return all.every((one) => wordsOf(one) === words) ? words : '…';
}

/** Splits id ranges into those that are shown at once and the others. */
export function cutRanges(ranges: readonly string[]): { shown: readonly string[]; more: readonly string[] } {
  return { shown: ranges.slice(0, RANGES_SHOWN), more: ranges.slice(RANGES_SHOWN) };
}

/** Id ranges in words: the first twelve, and the number of further ranges. Empty without ranges. */
export function rangesText(ranges: readonly string[]): string {
  const { shown, more } = cutRanges(ranges);
  return `${shown.join(', ')}${more.length === 0 ? '' : ` and ${plural(more.length, 'more range')}`}`;
}

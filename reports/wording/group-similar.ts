import { idRanges } from './id-ranges.ts';
import { plural } from './vocabulary.ts';

/** The minimum number of similar items that are shown as one group. */
const FROM = 4;
/** The number of id ranges that are shown at once. Pages put further ranges into a fold, and texts only count them. */
const RANGES_SHOWN = 12;

/** A group of items that say the same, in their original order. A group can be a single item. */
export type SimilarGroup<T> = readonly [T, ...T[]];

/**
 * Groups items that say the same. Each group is at the position of its first item. If a group has fewer than `from`
 * items, its items stay single, at their own positions.
 */
export function groupSimilar<T>(
  all: readonly T[],
  sayingOf: (item: T, at: number) => string,
  from = FROM,
): SimilarGroup<T>[] {
  const groups = new Map<string, [T, ...T[]]>();
  const placed = all.map((item, at) => {
    const key = sayingOf(item, at);
    const group = groups.get(key);
    if (group === undefined) {
      const begun: [T, ...T[]] = [item];
      groups.set(key, begun);
      return { item, group: begun, isFirst: true };
    }
    group.push(item);
    return { item, group, isFirst: false };
  });
  return placed.flatMap(({ item, group, isFirst }): SimilarGroup<T>[] =>
    group.length < from ? [[item]] : isFirst ? [group] : [],
  );
}

/**
 * Removes the quoted payloads from a sentence, so that sentences that differ only in payloads become equal. If a server
 * damages every message, the sentence of each case quotes a different payload.
 */
export function withoutQuotes(sentence: string): string {
  return sentence.replace(/“[^”]*”/g, '“…”');
}

/** The facts that all cases of a group share. */
export interface CommonFacts {
  /** The name of the group: a count such as `80 cases`, or the case id of a single case. */
  name: string;
  /** The case ids of the group, written as ranges. Empty for a single case. */
  ranges: readonly string[];
  /**
   * The sentence that all cases of the group share. If the cases have different payloads, the sentence quotes no
   * payload.
   */
  sentence: string;
}

/** Determines the name, the id ranges and the sentence of a group of cases. */
export function commonFacts(
  cases: SimilarGroup<{ readonly id: string; readonly sentence: string }>,
  plan: readonly string[],
): CommonFacts {
  const [{ id, sentence }, ...others] = cases;
  const ids = cases.map((item) => item.id);
  return {
    name: others.length === 0 ? id : plural(cases.length, 'case'),
    ranges: others.length === 0 ? [] : idRanges(ids, plan),
    sentence: others.every((other) => other.sentence === sentence) ? sentence : withoutQuotes(sentence),
  };
}

/** Returns the text that all items of a group share, or `…` if the items have different texts. */
export function commonText<T>(all: SimilarGroup<T>, wordsOf: (item: T) => string): string {
  const words = wordsOf(all[0]);
  return all.every((item) => wordsOf(item) === words) ? words : '…';
}

/** Splits id ranges into the ranges that are shown at once and the other ranges. */
export function cutRanges(ranges: readonly string[]): { shown: readonly string[]; more: readonly string[] } {
  return { shown: ranges.slice(0, RANGES_SHOWN), more: ranges.slice(RANGES_SHOWN) };
}

/**
 * Writes id ranges in words: the first twelve ranges, and the number of further ranges. Empty if there are no ranges.
 */
export function rangesText(ranges: readonly string[]): string {
  const { shown, more } = cutRanges(ranges);
  return `${shown.join(', ')}${more.length === 0 ? '' : ` and ${plural(more.length, 'more range')}`}`;
}

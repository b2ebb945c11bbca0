import { idRanges } from './id-ranges.ts';
import { plural } from './vocabulary.ts';

/** From how many on things that say the same are told as one. */
const FROM = 4;
/** Ranges of ids shown at once; the others are folded, or counted. */
const RANGES_SHOWN = 12;

/** Things that say the same, in the order in which they came; mostly one by itself. */
export type SimilarGroup<T> = readonly [T, ...T[]];

/**
 * Things that say the same as one, in the place of their first. Fewer than `from` stand each by itself, where they
 * stood.
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

/** A sentence without the payloads it quotes: a server that spoils every message does so with each case's own. */
export function unquoted(sentence: string): string {
  return sentence.replace(/“[^”]*”/g, '“…”');
}

/** What cases that say the same have in common. */
export interface InCommon {
  /** `80 cases`, or the id where there is but one. */
  name: string;
  /** Their ids, neighbours in the plan as one range; none where there is but one. */
  ranges: readonly string[];
  /** What all of them say: the sentence itself, or where they quote different payloads, what is left without. */
  sentence: string;
}

/** How cases are named and told that say the same, or one by itself. */
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

/** What is the same of all of them, for people; `…` where it is not. */
export function common<T>(all: SimilarGroup<T>, wordsOf: (one: T) => string): string {
  const words = wordsOf(all[0]);
  return all.every((one) => wordsOf(one) === words) ? words : '…';
}

/** The first dozen of many ranges, and those beyond. */
export function cutRanges(ranges: readonly string[]): { shown: readonly string[]; more: readonly string[] } {
  return { shown: ranges.slice(0, RANGES_SHOWN), more: ranges.slice(RANGES_SHOWN) };
}

/** Ranges of ids as words: the first dozen, and how many there are beyond. Empty where there are none. */
export function rangesText(ranges: readonly string[]): string {
  const { shown, more } = cutRanges(ranges);
  return `${shown.join(', ')}${more.length === 0 ? '' : ` and ${plural(more.length, 'more range')}`}`;
}

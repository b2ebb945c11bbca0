/**
 * Deals items to `count` shares of about equal weight: heaviest first, each to the share that has least so far. The
 * union of the shares is the list, no more, no less, and each share keeps the list's order. Empty shares are possible
 * when there are fewer items than shares.
 */
export function splitByWeight<T>(items: readonly T[], count: number, weigh: (item: T) => number): T[][] {
  const shares = Array.from({ length: count }, (): Share => ({ weight: 0, places: [] }));
  const heaviestFirst = items
    .map((item, place) => ({ place, weight: weigh(item) }))
    .sort((a, b) => b.weight - a.weight || a.place - b.place);
  for (const { place, weight } of heaviestFirst) {
    const lightest = shares.reduce((least, share) => (isLighter(share, least) ? share : least));
    lightest.weight += weight;
    lightest.places.push(place);
  }
  return shares.map(({ places }) => places.sort((a, b) => a - b).flatMap((place) => items.slice(place, place + 1)));
}

interface Share {
  weight: number;
  places: number[];
}

/** Of two shares of the same weight, the one with fewer items: weights may be nothing. */
function isLighter(one: Share, other: Share): boolean {
  return one.weight === other.weight ? one.places.length < other.places.length : one.weight < other.weight;
}

/** The `index`-th of `count` shares, counted from 1. */
export function shardOf<T>(items: readonly T[], index: number, count: number, weigh: (item: T) => number): T[] {
  return splitByWeight(items, count, weigh)[index - 1] ?? [];
}

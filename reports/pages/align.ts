/**
 * One row of two lists that are shown side by side: an item of both lists, or an item of one list and `null` for the
 * other.
 */
export interface Pair<T> {
  left: T | null;
  right: T | null;
  same: boolean;
}

/**
 * The maximum length of lists that are aligned by their common items. Longer lists are paired by position, because the
 * table that the alignment needs would be too large.
 */
const LONGEST_MIDDLE = 400;

/**
 * Pairs the items of two lists for a view side by side, so that as many items as possible match (longest common
 * subsequence). Items between two matches are paired in their order. Two items are equal if `key` returns the same text
 * for both.
 */
export function align<T>(left: readonly T[], right: readonly T[], key: (item: T) => string): Pair<T>[] {
  const [a, b] = [left.map(key), right.map(key)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const both = (from: number, n: number, fromRight: number) =>
    Array.from(
      { length: n },
      (_, i): Pair<T> => ({ left: left[from + i] ?? null, right: right[fromRight + i] ?? null, same: true }),
    );
  const middle = alignMiddle(left.slice(head, left.length - tail), right.slice(head, right.length - tail), key);
  return [...both(0, head, 0), ...middle, ...both(left.length - tail, tail, right.length - tail)];
}

function alignMiddle<T>(left: readonly T[], right: readonly T[], key: (item: T) => string): Pair<T>[] {
  const common =
    left.length > LONGEST_MIDDLE || right.length > LONGEST_MIDDLE ? [] : commonPlaces(left.map(key), right.map(key));
  const pairs: Pair<T>[] = [];
  let [i, j] = [0, 0];
  for (const [toLeft, toRight] of [...common, [left.length, right.length] as const]) {
    while (i < toLeft || j < toRight) {
      pairs.push({
        left: i < toLeft ? (left[i++] ?? null) : null,
        right: j < toRight ? (right[j++] ?? null) : null,
        same: false,
      });
    }
    if (toLeft < left.length) pairs.push({ left: left[i++] ?? null, right: right[j++] ?? null, same: true });
  }
  return pairs;
}

/** Finds a longest common subsequence of two lists. Returns the index pairs of its items, in order. */
function commonPlaces(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const width = b.length + 1;
  const length = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => length[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      length[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const places: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) places.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return places;
}

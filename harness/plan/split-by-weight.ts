interface Part {
  weight: number;
  positions: number[];
}

/**
 * Splits a list into `count` parts of about equal weight. Each item is in exactly one part, and each part keeps the order
 * of the list. A part is empty if the list has fewer items than parts.
 */
export function splitByWeight<T>(items: readonly T[], count: number, weightOf: (item: T) => number): T[][] {
  const parts = Array.from({ length: count }, (): Part => ({ weight: 0, positions: [] }));
  const heaviestFirst = items
    .map((item, position) => ({ position, weight: weightOf(item) }))
    .sort((a, b) => b.weight - a.weight || a.position - b.position);
  for (const { position, weight } of heaviestFirst) {
    const lightest = parts.reduce((least, part) => (isLighter(part, least) ? part : least));
    lightest.weight += weight;
    lightest.positions.push(position);
  }
  return parts.map(({ positions }) => positions.sort((a, b) => a - b).flatMap((at) => items.slice(at, at + 1)));
}

/** Compares two parts by weight, and then by number of items, because items can have the weight 0. */
function isLighter(part: Part, other: Part): boolean {
  return part.weight === other.weight ? part.positions.length < other.positions.length : part.weight < other.weight;
}

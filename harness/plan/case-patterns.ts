import { sectionsOf } from './case-id.ts';
import { matchCases } from './match-cases.ts';

/**
 * Makes the shortest list of patterns that selects exactly the given cases of a test suite. A whole section, such as
 * all cases of `7.1`, becomes one pattern. If a list of exclusions (`!13`) is shorter, the function returns the
 * exclusions. If all cases are given, the list is empty, because an empty selection means all cases.
 * @param ids the selected cases, in the order of the suite.
 * @param suite all cases of the suite.
 */
export function patternsFor(ids: readonly string[], suite: readonly string[]): string[] {
  const selected = new Set(ids);
  const others = suite.filter((id) => !selected.has(id));
  if (others.length === 0) return [];
  const [including, excluding] = [coverCases(ids, suite), coverCases(others, suite)];
  return including.length <= excluding.length ? including : excluding.map((pattern) => `!${pattern}`);
}

/** The widest sections that contain only the given cases, and the ids of the cases outside of these sections. */
export function coverCases(ids: readonly string[], suite: readonly string[]): string[] {
  const covered = new Set(ids);
  // The cache saves time: the function asks for the same section once for each case, and each answer searches the whole
  // suite.
  const cache = new Map<string, boolean>();
  const isWhole = (section: string): boolean => {
    const isCovered = cache.get(section) ?? matchCases(suite, section).every((id) => covered.has(id));
    cache.set(section, isCovered);
    return isCovered;
  };
  return [...new Set(ids.map((id) => sectionsOf(id).find(isWhole) ?? id))];
}

import { sectionsOf } from './case-id.ts';
import { matchCases } from './match-cases.ts';

/**
 * Makes the shortest list of patterns that selects exactly the given cases of a suite. Whole sections become one pattern.
 * If excluding the other cases (`!13`) needs fewer patterns, the list excludes them. The list is empty if all cases are
 * given, because an empty selection means all cases.
 * @param ids selected cases, in the order of the suite. @param suite all cases of the suite.
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
  // Cached because every case of a section asks for the section, and each answer reads the whole suite.
  const cache = new Map<string, boolean>();
  const isWhole = (section: string): boolean => {
    const isCovered = cache.get(section) ?? matchCases(suite, section).every((id) => covered.has(id));
    cache.set(section, isCovered);
    return isCovered;
  };
  return [...new Set(ids.map((id) => sectionsOf(id).find(isWhole) ?? id))];
}

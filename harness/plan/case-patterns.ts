import { sectionsOf } from './case-id.ts';
import { matchCases } from './match-cases.ts';

/**
 * The shortest patterns that choose exactly these cases of a suite: whole sections where all of a section is meant, or
 * all but some (`!13`) where that is shorter. Empty when all are meant, as an empty selection means all.
 * @param ids in the suite's order.
 */
export function patternsFor(ids: readonly string[], suite: readonly string[]): string[] {
  const chosen = new Set(ids);
  const others = suite.filter((id) => !chosen.has(id));
  if (others.length === 0) return [];
  const [wanted, unwanted] = [cover(ids, suite), cover(others, suite)];
  return wanted.length <= unwanted.length ? wanted : unwanted.map((pattern) => `!${pattern}`);
}

/** The widest sections that hold nothing but these cases, and the cases that are in none of them. */
export function cover(ids: readonly string[], suite: readonly string[]): string[] {
  const wanted = new Set(ids);
  const isWhole = remembered((section) => matchCases(suite, section).every((one) => wanted.has(one)));
  const widest = ids.map((id) => sectionsOf(id).find(isWhole) ?? id);
  return [...new Set(widest)];
}

/** Every case of a section asks the same of it, and to answer goes through the whole suite. */
function remembered(ask: (section: string) => boolean): (section: string) => boolean {
  const answers = new Map<string, boolean>();
  return (section) => {
    const answer = answers.get(section) ?? ask(section);
    answers.set(section, answer);
    return answer;
  };
}

/**
 * Finds the known word that is most similar to a mistyped word, for the hint "did you mean".
 * @returns an empty text if there are no known words.
 */
export function closestTo(word: string, words: readonly string[]): string {
  let best = words[0] ?? '';
  let leastDistance = Number.POSITIVE_INFINITY;
  for (const candidate of words) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < leastDistance) [best, leastDistance] = [candidate, distance];
  }
  return best;
}

/**
 * The Levenshtein distance of two words: the number of characters to insert, delete or replace. Keeps only one row of
 * the matrix in memory.
 */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

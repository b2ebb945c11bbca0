/**
 * Weight of the first batch. A weight is the time that Autobahn needs for cases with a good server. The limit doubles
 * with each batch.
 */
const FIRST_BATCH_MS = 2000;
/**
 * Every case counts with at least this time, in ms. A run with `--bail` often tests a faulty server, with which even a
 * short case is slow.
 */
const MIN_CASE_MS = 100;

/**
 * Splits a plan into batches for an engine that hands over its results only at its end. `--bail` then counts the
 * unexpected outcomes after each batch. The first batches are small, because a faulty server usually fails early. Later
 * batches are larger, because each start of a container costs about 2 s. A case that takes longer than a whole batch
 * gets a batch of its own.
 * @param weightOf time that a case needs, in milliseconds.
 */
export function growingBatches(cases: readonly string[], weightOf: (id: string) => number): string[][] {
  const batches: string[][] = [];
  let remainingMs = 0;
  for (const id of cases) {
    const weight = Math.max(MIN_CASE_MS, weightOf(id));
    if (weight > remainingMs || batches.length === 0) {
      remainingMs = FIRST_BATCH_MS * 2 ** batches.length;
      batches.push([]);
    }
    batches.at(-1)?.push(id);
    remainingMs -= weight;
  }
  return batches;
}

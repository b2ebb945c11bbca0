/** Weight of the first batch: time that the real suite needs with a good server. Each batch may weigh twice as much as the one before. */
const FIRST_BATCH_MS = 2000;
/** Minimum weight of a case, in ms. The server of a run with `--bail` is often faulty, and makes even a short case slow. */
const MIN_CASE_MS = 100;

/**
 * Splits a plan into batches for an engine that reports results only at its end. The unexpected outcomes can be counted
 * after each batch. The first batches are small because a faulty server usually fails early. Later batches are larger
 * because each batch costs another start of a container, about 2 s. A case that is heavier than a whole batch gets a batch
 * of its own.
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

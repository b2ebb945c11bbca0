/**
 * Writes case ids as few ranges as possible. The command accepts these ranges as arguments, for example `1.1.1-7.1.5`.
 * Ids that are neighbours in the plan, the list of cases of the run, form one range. Ids that are not in the plan come
 * last, each separately.
 */
export function idRanges(ids: readonly string[], plan: readonly string[]): string[] {
  const wanted = new Set(ids);
  const runs: { from: string; to: string }[] = [];
  let before = false;
  for (const id of plan) {
    const here = wanted.delete(id);
    const last = runs.at(-1);
    if (here && before && last !== undefined) last.to = id;
    else if (here) runs.push({ from: id, to: id });
    before = here;
  }
  return [...runs.map(({ from, to }) => (from === to ? from : `${from}-${to}`)), ...wanted];
}

/** Counts the unexpected outcomes of a whole run, and says when there are enough of them. */
export class Bail {
  readonly limit: number;
  private readonly found = new Set<string>();
  private readonly controller = new AbortController();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Aborted as soon as there are enough. */
  get enough(): AbortSignal {
    return this.controller.signal;
  }

  /** Takes note of one outcome. A later word on the same case replaces the earlier one, as long as it is not over. */
  note(agent: string, id: string, unexpected: boolean): void {
    const key = JSON.stringify([agent, id]);
    if (unexpected) this.found.add(key);
    else this.found.delete(key);
    if (this.found.size >= this.limit && !this.enough.aborted) {
      this.controller.abort(new Error(`There are ${this.limit} unexpected outcomes, and --bail says that is enough.`));
    }
  }
}

/**
 * A plan in portions, for an engine that tells nothing before its end: after each it can be seen whether there is
 * enough. Each takes about so long at the real suite; a case that takes longer is a portion of its own.
 */
export function portions(
  cases: readonly string[],
  weigh: (id: string) => number,
  portionMs: number = PORTION_MS,
): string[][] {
  const dealt: string[][] = [];
  let weight = Number.POSITIVE_INFINITY;
  for (const id of cases) {
    if (weight + weigh(id) > portionMs) {
      dealt.push([]);
      weight = 0;
    }
    dealt.at(-1)?.push(id);
    weight += weigh(id);
  }
  return dealt;
}

/** A container more costs about two seconds. */
const PORTION_MS = 20_000;

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

/** What the first portion may take, with the real suite and a good server; each further one twice as long. */
const FIRST_PORTION_MS = 2000;
/** Of a server that is worth a bail, every case takes its time. */
const LEAST_MS = 100;

/**
 * A plan in portions, for an engine that tells nothing before its end: after each it can be seen whether there is
 * enough. Small ones come first, since a server that is wrong is mostly wrong soon, and each costs a container more, about
 * two seconds. A case that takes longer than its portion may is one by itself.
 * @param weigh what a case takes, in milliseconds.
 */
export function portions(cases: readonly string[], weigh: (id: string) => number): string[][] {
  const dealt: string[][] = [];
  let room = 0;
  for (const id of cases) {
    const weight = Math.max(LEAST_MS, weigh(id));
    if (weight > room || dealt.length === 0) {
      room = FIRST_PORTION_MS * 2 ** dealt.length;
      dealt.push([]);
    }
    dealt.at(-1)?.push(id);
    room -= weight;
  }
  return dealt;
}

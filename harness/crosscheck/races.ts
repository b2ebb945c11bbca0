import { isDeepStrictEqual } from 'node:util';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import { terminalSafe } from '../../reports/wording/terminal-text.ts';
import { comparedFacts, type Disagreement } from './disagreements.ts';

/** How often each engine plays a case with a disagreement again, before the disagreement counts. */
export const MOST_PLAYS = 10;

/**
 * What the plays of both engines say about a disagreement.
 * - `race`: each engine got both values, so that the server has a race, and no engine is at fault.
 * - `agreement`: in every play both engines got the value of the embedded engine. The first value of the reference did
 *   not come again.
 * - `disagreement`: anything else. The embedded engine is at fault.
 */
export type Finding = 'race' | 'agreement' | 'disagreement';

/** How often the plays of one engine gave each value of a disagreement. */
interface Counts {
  /** The value that the reference had at first. */
  asReference: number;
  /** The value that the embedded engine had at first. */
  asNative: number;
}

/** Counts in how many plays each engine gives each of the two values of a disagreement. */
export class Contest {
  readonly disagreement: Disagreement;
  #plays = 0;
  readonly #reference: Counts = { asReference: 0, asNative: 0 };
  readonly #native: Counts = { asReference: 0, asNative: 0 };

  constructor(disagreement: Disagreement) {
    this.disagreement = disagreement;
  }

  /** Counts one play of each engine. @param reference, native undefined if the engine has no result. */
  add(reference: RecordedCase | undefined, native: RecordedCase | undefined): void {
    this.#plays++;
    this.#count(this.#reference, reference);
    this.#count(this.#native, native);
  }

  #count(counts: Counts, detail: RecordedCase | undefined): void {
    const value = comparedFacts(detail).get(this.disagreement.at);
    if (isDeepStrictEqual(value, this.disagreement.reference)) counts.asReference++;
    if (isDeepStrictEqual(value, this.disagreement.native)) counts.asNative++;
  }

  /** What the plays so far say. */
  get finding(): Finding {
    const bothValues = ({ asReference, asNative }: Counts) => asReference > 0 && asNative > 0;
    if (bothValues(this.#reference) && bothValues(this.#native)) return 'race';
    const alwaysNative = ({ asNative }: Counts) => asNative === this.#plays;
    return this.#plays > 0 && alwaysNative(this.#reference) && alwaysNative(this.#native)
      ? 'agreement'
      : 'disagreement';
  }

  /** The fact, both values, and how often each engine gave each value. */
  toString(): string {
    const { id, at, reference, native } = this.disagreement;
    const counts = ({ asReference, asNative }: Counts) => `${asReference} and ${asNative} of ${this.#plays}`;
    return (
      `${id} ${at}: ${this.finding}; ${shown(reference)} and ${shown(native)}, ` +
      `reference ${counts(this.#reference)} plays, native ${counts(this.#native)} plays`
    );
  }
}

const shown = (value: unknown): string => terminalSafe(JSON.stringify(value) ?? 'nothing');

/**
 * Plays a case with disagreements again, each time with both engines, until every disagreement is a race or each engine
 * has played `MOST_PLAYS` times.
 */
export async function playContests(
  disagreements: readonly Disagreement[],
  play: () => Promise<{ reference: RecordedCase | undefined; native: RecordedCase | undefined }>,
): Promise<Contest[]> {
  const contests = disagreements.map((disagreement) => new Contest(disagreement));
  for (let plays = 0; plays < MOST_PLAYS && contests.some(({ finding }) => finding !== 'race'); plays++) {
    const { reference, native } = await play();
    for (const contest of contests) contest.add(reference, native);
  }
  return contests;
}
